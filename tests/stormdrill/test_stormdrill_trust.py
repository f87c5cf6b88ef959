"""The door trusts neither a target's file nor that a target stays, and leaves cleaning up in peace."""

import signal
import socket
from pathlib import Path

import pytest

from scenarios.errors import BadInput, Untrusted
from scenarios.plugins import load_scenario
from scenarios.run.folder import create_run
from scenarios.target.model import Target, World
from stormdrill.rehearsal.interrupts import SIGNALS, Interrupted, Interrupts
from stormdrill.rehearsal.preparation import Preparation
from stormdrill.rehearsal.world import running_world

MARK = "import pathlib, sys\npathlib.Path({path!r}).open('a').write(' '.join(sys.argv))\n"


def test_nothing_of_a_world_that_is_refused_is_executed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its start nor its end, though its module can be found."""
    (tmp_path / "sly_world.py").write_text(MARK.format(path=str(tmp_path / "was-here")))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with (
        pytest.raises(BadInput, match="the world 'sly_world' is neither shipped nor installed"),
        running_world(World(module="sly_world"), "nonce", lambda _: None),
    ):
        pass
    assert not (tmp_path / "was-here").exists()


def test_a_target_that_goes_between_its_check_and_the_load_is_at_fault(tmp_path: Path) -> None:
    """It proves nothing, which is INVALID, and no fault of this program's."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    step = {"service": "campaign", "path": "/enrol"}
    target = Target.model_validate(
        {
            "name": "gone",
            "describe": "It was there a moment ago.",
            "services": {"campaign": {"base": f"http://127.0.0.1:{port}"}},
            "operations": {"zone.get": {"service": "campaign", "path": "/zone"}},
            "prepare": {"enrol": [step]},
        }
    )
    run, _ = create_run(load_scenario("smoke"), target, seed=1, workers=1, out=tmp_path)
    refused = pytest.raises(Untrusted, match=r"preparing the target \(enrol\): .*/enrol is not reached: Connection refused")
    with refused as error, Preparation(run) as preparation:
        preparation.done("enrol")
    assert error.value.exit_code == 2


def _twice(interrupts: Interrupts, number: signal.Signals) -> None:
    with interrupts.breaking():
        try:
            signal.raise_signal(number)
            raise AssertionError("it did not break in")
        finally:
            signal.raise_signal(signal.SIGTERM)  # comes in the middle of cleaning up


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_breaks_in_once_and_only_where_it_may(number: signal.Signals) -> None:
    """Cleaning up is left in peace; what comes meanwhile is remembered."""
    before = signal.getsignal(number)
    with Interrupts() as interrupts:
        with pytest.raises(Interrupted):
            _twice(interrupts, number)
        assert interrupts.hurried
        with pytest.raises(Interrupted), interrupts.breaking():
            raise AssertionError("what is begun after it is not done")
        with interrupts.breaking(at=3):
            assert interrupts.count == 2
    assert signal.getsignal(number) is before
