"""`stormdrill stop`: whoever sees that it must end has everything taken back at once, from another terminal."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chaos_support import StandIn, wait

import chaos
from chaos.errors import ChaosError
from chaos.handles.process import Process, boot, me
from chaos.registry import build_fault
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.doors import breaking_door, breaking_doors
from chaos.watchdog.lease import Leases, Watch
from scenarios.plugins import PROJECT
from scenarios.run.folder import Run
from stormdrill.commands.stop import stop

FREEZE = build_fault("process-freeze", {"part": "database", "role": "standby"})
SLOW = '''
"""A fault that looks long for what it is to break, or whose lease takes long to be written: until somebody says that it is there."""
import time
from pathlib import Path
from chaos.fault import FaultTarget, Fault
from chaos.health import ProbeResult
from chaos.watchdog.lease import Leases

class Slow(Fault):
    """Notes that it was injected."""
    folder: Path
    leased: bool = False
    def find_target(self, handles):
        if self.leased: Leases._sync = lambda _: self.wait()
        else: self.wait()
        return FaultTarget(part="slow")
    def wait(self):
        (self.folder / "on-its-way").touch()
        until = time.monotonic() + 60
        while not (self.folder / "there").exists() and time.monotonic() < until: time.sleep(0.02)
    def inject(self, handles, target): (self.folder / "injected").touch()
    def is_effective(self, handles, target): return ProbeResult(holds=True, evidence="injected")
    def undo(self, handles, target): pass
    def is_healed(self, handles, target): return ProbeResult(holds=True, evidence="undone")
'''
DOOR = """
import signal, sys
from pathlib import Path
import chaos
with chaos.breaking_door("series of drills", folder=Path(sys.argv[1])):
    print("announced", flush=True)
    signal.pause()
"""


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


@pytest.mark.parametrize("leased", [False, True], ids=["it looks for its target", "its lease has been written"])
def test_what_was_on_its_way_when_all_was_stopped_is_not_broken(
    own_faults: Path, world: StandIn, leases: Path, tmp_path: Path, told: list[int], *, leased: bool
) -> None:
    """Where there is a lease, `stop` waits for its end; where there is none, it says that nothing is broken and goes: that stays true."""
    (own_faults / "chaos" / "faults" / "slow.py").write_text(SLOW)
    with WatchdogClient(world.handles, leases=leases) as watchdog, ThreadPoolExecutor(1) as strike:
        try:
            injection = strike.submit(watchdog.inject, build_fault("slow", {"folder": str(tmp_path), "leased": leased}), "drill")
            wait((tmp_path / "on-its-way").exists, "the watchdog is about to break something")
            os.kill(watchdog.pid, signal.SIGSTOP)  # it hears of signals as late as can be
            said = chaos.stop(leases)
            assert not next(said).fault
            if not leased:
                assert list(said) == []
        finally:
            (tmp_path / "there").touch()
            os.kill(watchdog.pid, signal.SIGCONT)
        with pytest.raises(ChaosError, match="it was stopped: nothing is to be broken any more"):
            injection.result(60)
        assert len(list(said)) == leased
        assert watchdog.faults() == []
    assert not (tmp_path / "injected").exists()
    assert chaos.leftovers(leases) == []
    assert told


def test_a_watchdog_that_is_born_after_the_stop_breaks_nothing(world: StandIn, leases: Path, told: list[int]) -> None:
    """Its rehearsal was about to start it. What was told to a rehearsal is not told to one after it."""
    with breaking_door("rehearsal", folder=leases):
        assert [str(one) for one in chaos.stop(leases)] == [
            f"rehearsal {os.getpid()}: told to stop; nothing of it is broken now, and it breaks nothing more"
        ]
        assert told == [signal.SIGTERM]
        with WatchdogClient(world.handles, leases=leases) as watchdog, pytest.raises(ChaosError, match="it was stopped"):
            watchdog.inject(FREEZE, "drill")
    with WatchdogClient(world.handles, leases=leases) as watchdog:
        watchdog.inject(FREEZE, "drill")


def test_a_command_that_has_no_watchdog_just_now_is_told(
    leases: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two drills of a series; the command says truly that nothing was broken, and whoever was killed is told nothing."""
    monkeypatch.setattr("chaos.watchdog.lease.default_folder", lambda: leases)
    pids = []
    for number in (signal.SIGTERM, signal.SIGKILL):
        with subprocess.Popen([sys.executable, "-c", DOOR, str(leases)], cwd=PROJECT, stdout=subprocess.PIPE, text=True) as door:
            pids.append(door.pid)
            assert door.stdout is not None
            assert door.stdout.readline() == "announced\n"
            if number == signal.SIGKILL:
                door.kill()
                door.wait(30)
            assert stop() == 0
            assert door.wait(30) == -number
    assert capsys.readouterr().out.splitlines() == [
        f"series of drills {pids[0]}: told to stop; nothing of it is broken now, and it breaks nothing more",
        "nothing was broken",
        "no rehearsal with drills is running, and nothing is broken",
    ]
    assert breaking_doors(leases) == []
    assert list(leases.iterdir()) == []


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


def test_of_a_rehearsal_that_is_gone_no_verdict_is_promised(leases: Path) -> None:
    """Its watchdog lives, and heals."""
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as watchdog:
        living = Process.of(watchdog.pid)
        assert living is not None
        Leases(leases).make()
        Leases(leases).announce(Watch(watchdog=living, door=Process(me().pid, 1), boot=boot()))
        (said,) = chaos.stop(leases)
        assert watchdog.wait(30) == -signal.SIGUSR1
    assert str(said) == f"rehearsal {os.getpid()}: is gone, and its watchdog is told to take back what it has broken"


def test_where_nothing_runs_the_command_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One sentence, and 0."""
    monkeypatch.setattr("chaos.watchdog.lease.default_folder", lambda: tmp_path / "leases")
    assert stop() == 0
    assert capsys.readouterr().out == "no rehearsal with drills is running, and nothing is broken\n"
