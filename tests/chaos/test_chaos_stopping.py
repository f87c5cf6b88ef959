"""`stormdrill stop`: whoever sees that it must end has everything taken back at once, from another terminal."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from chaos_support import StandIn

import chaos
from chaos.errors import ChaosError
from chaos.handles.process import Process, boot, me
from chaos.registry import build_fault
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.lease import Leases, Watch
from scenarios.run.folder import Run
from stormdrill.commands.stop import stop

FREEZE = build_fault("process-freeze", {"part": "database", "role": "standby"})


@pytest.fixture
def told() -> Iterator[list[int]]:
    """Signals that the rehearsal, which is this process, is sent."""
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    yield heard
    signal.signal(signal.SIGTERM, before)


def frozen(world: StandIn) -> bool:
    """Whether the standby is stopped."""
    process = world.topology.one("database", role="standby").process
    assert process is not None
    return process.stopped


def test_all_is_taken_back_the_rehearsal_ends_and_nothing_more_is_broken(world: StandIn, leases: Path, run: Run, told: list[int]) -> None:
    """Each fault is named once it is healed; a strike that is still to come is refused."""
    with WatchdogClient(world.handles, leases=leases, run=run) as watchdog:
        fault = watchdog.inject(FREEZE, "drill")
        assert frozen(world)
        said = list(chaos.stop(leases))
        assert not frozen(world)
        assert told == [signal.SIGTERM]
        assert [one.healed for one in said] == [True, True]
        assert str(said[0]).startswith(f"rehearsal {run.folder}: told to stop")
        assert str(said[1]).startswith("process-freeze of ")
        assert [state.state for state in watchdog.faults() if state.lease == fault.lease] == ["healed"]
        with pytest.raises(ChaosError, match="it was stopped: nothing is to be broken any more"):
            watchdog.inject(FREEZE, "drill")
        assert not frozen(world)


def test_a_rehearsal_that_has_broken_nothing_yet_is_stopped_too(world: StandIn, leases: Path, told: list[int]) -> None:
    """Its drill was to strike a moment later."""
    with WatchdogClient(world.handles, leases=leases) as watchdog:
        assert [str(one) for one in chaos.stop(leases)] == [
            f"rehearsal {os.getpid()}: told to stop; it ends with its verdict, in its own terminal"
        ]
        assert told == [signal.SIGTERM]
        with pytest.raises(ChaosError, match="it was stopped"):
            watchdog.inject(FREEZE, "drill")


def test_what_cannot_be_taken_back_is_said_with_what_to_do(
    own_faults: Path, world: StandIn, leases: Path, tmp_path: Path, told: list[int]
) -> None:
    """It stays for `heal`, with its reason."""
    assert own_faults.is_dir()
    (tmp_path / "stubborn").touch()
    with WatchdogClient(world.handles, leases=leases) as watchdog:
        watchdog.inject(build_fault("witness", {"folder": str(tmp_path)}), "drill")
        last = list(chaos.stop(leases))[-1]
    (tmp_path / "stubborn").unlink()
    assert [one.healed for one in chaos.heal(leases)] == [True]
    assert told
    assert not last.healed
    assert "NOT healed, the undo failed: " in str(last)
    assert str(last).endswith("run: stormdrill heal")


def test_who_is_gone_is_not_told_anything(world: StandIn, leases: Path) -> None:
    """Neither a watchdog that has ended nor one that was killed, whose pid may be somebody else's by now."""
    with WatchdogClient(world.handles, leases=leases):
        (watch,) = Leases(leases).watches()
        assert watch.door == me()
    assert Leases(leases).watches() == []
    mine = me()
    gone = Watch(watchdog=Process(mine.pid, mine.started - 1), door=Process(1, 1), boot=boot())
    Leases(leases).announce(gone)
    assert list(chaos.stop(leases)) == []
    assert list(leases.glob("*.watch")) == []


def test_where_nothing_runs_the_command_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One sentence, and 0."""
    monkeypatch.setattr("chaos.watchdog.lease.default_folder", lambda: tmp_path / "leases")
    assert stop() == 0
    assert capsys.readouterr().out == "no rehearsal with drills is running, and nothing is broken\n"
