"""A run that never began leaves no folder behind, and `latest` leads where it led."""

import os
import signal
import tempfile
import time
from pathlib import Path

import pytest

from scenarios.errors import BadInput, StormdrillError, Untrusted
from scenarios.plan.scenario import Scenario
from scenarios.plugins import load_scenario, load_target
from scenarios.run.folder import Run, create_run
from stormdrill.rehearsal.interrupts import Stopped
from stormdrill.rehearsal.loop import Options, rehearse
from stormdrill.rehearsal.progress import Screen


@pytest.fixture(autouse=True)
def _leases_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What other rehearsals of this machine have broken just now is nothing to these tests."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("tmp")))


@pytest.fixture
def scenario() -> Scenario:
    """Any one."""
    return load_scenario("smoke")


@pytest.fixture
def earlier(tmp_path: Path, scenario: Scenario) -> Run:
    """A run of before, as far as its folder goes."""
    return create_run(scenario, load_target("embedded"), seed=1, workers=1, out=tmp_path)[0]


def _options(scenario: Scenario, out: Path) -> Options:
    return Options(scenario, load_target("embedded"), seed=1, workers=1, out=out)


def _fails(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def provision(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("stormdrill.rehearsal.loop.provision", provision)


@pytest.mark.parametrize("error", [BadInput("it is not admitted"), Untrusted("it was there a moment ago")], ids=str)
def test_a_run_that_is_refused_leaves_no_folder(
    scenario: Scenario, earlier: Run, monkeypatch: pytest.MonkeyPatch, error: StormdrillError
) -> None:
    """The earlier one stays, and stays the latest."""
    _fails(monkeypatch, error)
    out = earlier.folder.parent
    with pytest.raises(type(error), match=str(error)):
        rehearse(_options(scenario, out), Screen(scenario))
    assert sorted(path.name for path in out.iterdir()) == [earlier.name, "latest"]
    assert (out / "latest").resolve() == earlier.folder


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_run_that_is_stopped_before_it_begins_leaves_no_folder(
    tmp_path: Path, scenario: Scenario, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    """The first one of its place: no link stays either. Twice is as once."""

    def provision(*_: object, **__: object) -> None:
        for _time in range(2):
            os.kill(os.getpid(), number)
        time.sleep(60)  # each signal ends it
        raise AssertionError(f"{number.name} was not heard")

    monkeypatch.setattr("stormdrill.rehearsal.loop.provision", provision)
    with pytest.raises(Stopped, match="stopped before the rehearsal began; nothing is left running"):
        rehearse(_options(scenario, tmp_path), Screen(scenario))
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_failed_leaves_its_logs(tmp_path: Path, scenario: Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the message refers to is there."""
    _fails(monkeypatch, StormdrillError("the load processes did not get ready; see logs/locust.log"))
    with pytest.raises(StormdrillError, match="did not get ready"):
        rehearse(_options(scenario, tmp_path), Screen(scenario))
    assert (tmp_path / "latest" / "logs").is_dir()
