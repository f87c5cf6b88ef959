"""Outages of a known length, made while the load runs: what the report says of each, less what the clock of whoever made it says."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from hosting import Hosted, hosted
from test_foreign_drills import toxiproxy
from test_foreign_observed import at_s, until

from chaos.handles.toxiproxy import Toxiproxy
from scenarios.plugins import PROJECT

pytestmark = pytest.mark.rehearsal

LENGTHS_S = (5.0, 1.0)
ERROR_S = 0.1
"""By which a length may be measured wrong, beyond what the report itself says that it does not know."""
BETWEEN_S = 11.0
"""Ten seconds by which the second outage is measured, and one in which the first is over."""

PLAN: dict[str, Any] = {
    "name": "known-outages",
    "describe": "Two outages of a known length, made by other hands.",
    "population": {"customers": 100},
    "phases": [{"name": "steady", "lasts": "42 s", "arrivals": "2/s"}],
    "mix": {"ordinary-banking": 1},
    "pulse": {"operations": ["account.balance"], "rate": 50.0},
    "slo": {"read_ms": 200, "effect_ms": 250},
    "observed": {"deadline": "10 s", "window": "4 s"},
    "trust": {"dispatch_lag_p99_ms": 1000, "stall_ms": 5000},
}


@dataclass(frozen=True)
class Outage:
    """By the clock of whoever made it: it began between the first two moments, and ended between the last two."""

    stopping_s: float
    stopped_s: float
    returning_s: float
    returned_s: float

    @property
    def lasted_s(self) -> float:
        """In the middle of what it may have been."""
        return (self.returning_s + self.returned_s - self.stopping_s - self.stopped_s) / 2

    @property
    def unknown_s(self) -> float:
        """By which that may be wrong."""
        return (self.returned_s - self.returning_s + self.stopped_s - self.stopping_s) / 2


def out_for(length_s: float, stop: Callable[[], None], start: Callable[[], None]) -> Outage:
    """Stops it and starts it again so much later."""
    stopping_s = time.monotonic()
    stop()
    stopped_s = time.monotonic()
    time.sleep(max(0.0, stopping_s + length_s - time.monotonic()))  # the outage itself: its length is noted, not assumed
    returning_s = time.monotonic()
    start()
    return Outage(stopping_s, stopped_s, returning_s, time.monotonic())


def rehearse(lanting: Hosted, link: str, stop: Callable[[], None], start: Callable[[], None]) -> list[Outage]:
    """The whole rehearsal with its two outages."""
    lanting.operator(hosts=["127.0.0.1"])
    plan, said = lanting.folder / "known-outages.yaml", lanting.folder / "said"
    plan.write_text(yaml.safe_dump(PLAN))
    target = lanting.file((f'base: "{lanting.url}"', f'base: "{link}"'))
    made = []
    with said.open("wb") as told:
        rehearsal = subprocess.Popen(
            [sys.executable, "-m", "stormdrill", "run", str(plan), "--target", str(target)],
            cwd=lanting.folder,
            env=lanting.environment() | {"PYTHONPATH": str(PROJECT)},
            stdout=told,
            stderr=subprocess.STDOUT,
        )
    try:
        until(said, "steady, so others may begin")
        for length_s in LENGTHS_S:
            made.append(out_for(length_s, stop, start))
            time.sleep(BETWEEN_S)  # the second one's own time before it
        rehearsal.wait(180)
    finally:
        rehearsal.kill()
        rehearsal.wait(30)
    assert (lanting.folder / "runs" / "latest" / "verdict.json").exists(), said.read_text(errors="replace")
    return made


@pytest.mark.parametrize(("way", "figure"), [("closed", "rto_s"), ("frozen", "rto_first_s")])
def test_an_outage_of_a_known_length_is_measured_right_to_100_ms(way: str, figure: str, tmp_path: Path) -> None:
    """5.000 s and 1.000 s: RTO of a gateway that is closed; the first answer of a server that is frozen and has a queue afterwards.

    To 100 ms, and what the report says of its own uncertainty: that of zero, and how long its load process was kept from its work.
    """
    with hosted(tmp_path) as lanting, toxiproxy(urlsplit(lanting.url).netloc) as (api, link):
        gateway = Toxiproxy(api)
        stop, start = {
            "closed": (partial(gateway.enable, "to lanting", enabled=False), partial(gateway.enable, "to lanting", enabled=True)),
            "frozen": (partial(os.kill, lanting.pid, signal.SIGSTOP), partial(os.kill, lanting.pid, signal.SIGCONT)),
        }[way]
        made = rehearse(lanting, link, stop, start)
    run = tmp_path / "runs" / "latest"
    verdict = json.loads((run / "verdict.json").read_text())
    kept_s = next(finding["measured"] for finding in verdict["findings"] if finding["id"] == "stalls") / 1000
    for outage in made:
        found = min(verdict["recovery"], key=lambda one: abs(one["zero_s"] - at_s(run, outage.stopping_s)))
        error_s, unsure_s = found[figure] - outage.lasted_s, outage.unknown_s + found["zero_error_s"] + kept_s
        told = f"{way} for {outage.lasted_s:.4f} s: {figure} is wrong by {error_s * 1000:+.1f} ms, uncertain by {unsure_s * 1000:.1f} ms"
        print(told)  # noqa: T201 - pytest -rA shows it
        assert abs(error_s) <= ERROR_S + unsure_s, (told, found, outage)
        assert found["rto_s"] >= found["rto_first_s"]
