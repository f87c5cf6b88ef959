"""An observed drill takes in what the target tells of itself, whatever of it that is."""

import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from answering import JsonAnswers, answering

from scenarios.plan.observed import Observed
from scenarios.plugins import load_scenario
from scenarios.run.folder import create_run, fix_t0
from scenarios.target.model import Target
from stormdrill.rehearsal.observation import observation
from stormdrill.rehearsal.under_way import Rehearsal


class Two(JsonAnswers):
    """A pair of which both lead."""

    def get(self) -> None:
        """Says so."""
        self.say(200, {"state": "running", "primaries": ["a", "b"]})


@pytest.fixture
def base() -> Iterator[str]:
    """Where it is, by a name that the pins alone lead to."""
    with answering(Two) as url:
        yield url.replace("127.0.0.1", "core.bank.example")


def test_a_second_writer_is_seen_where_the_target_tells_no_events(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By its health alone, at the address that the interlock has pinned."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    health = {"url": f"{base}/health", "healthy": "$.state == 'running'", "writers": "$.primaries"}
    operations = {"balance": {"service": "s", "path": "/"}}
    target = Target.model_validate(
        {"name": "pair", "describe": "d", "services": {"s": {"base": base}}, "operations": operations, "health": health}
    )
    run, plan = create_run(load_scenario("smoke"), target, seed=1, workers=1, out=tmp_path / "runs")
    plan = fix_t0(run, plan.model_copy(update={"pins": {"core.bank.example": ["127.0.0.1"]}}), lead_s=0)
    rehearsal = SimpleNamespace(run=run, plan=plan, screen=SimpleNamespace(step=lambda _: None))
    told: list[object] = []
    with observation(cast("Rehearsal", rehearsal), cast("Observed", None)):
        until = time.monotonic() + 10
        while not told and time.monotonic() < until:
            told = [event.facts for event in run.events() if event.kind == "system.writers"]
            time.sleep(0.02)
    assert [getattr(one, "count", None) for one in told] == [2]
