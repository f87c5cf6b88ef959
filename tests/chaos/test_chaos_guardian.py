"""The guardian: whoever of rehearsal and watchdog is killed, what is broken is taken back within the lease though nobody calls heal."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from chaos_support import HERE, StandIn, children_running, wait

import chaos
from chaos.errors import ChaosError, WatchdogLost
from chaos.handles.process import Process
from chaos.registry import build_fault
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.lease import Leases
from scenarios.run.folder import Run

FREEZE = {"part": "database", "role": "standby"}
LEASE_S = 8.0

HALVES = '''
"""A fault whose undo has two halves; the watchdog that has done the first one for the first time is killed."""
import os, signal
from pathlib import Path
from chaos.fault import FaultTarget, Fault
from chaos.health import ProbeResult

class Halves(Fault):
    """Two files."""
    folder: Path
    def find_target(self, handles): return FaultTarget(part="halves")
    def inject(self, handles, target):
        for name in ("left", "right"): (self.folder / name).touch()
    def is_effective(self, handles, target): return ProbeResult(holds=True, evidence="both")
    def undo(self, handles, target):
        if (self.folder / "left").exists():
            (self.folder / "left").unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        (self.folder / "right").unlink(missing_ok=True)
    def is_healed(self, handles, target):
        left = [name for name in ("left", "right") if (self.folder / name).exists()]
        return ProbeResult(holds=not left, evidence=f"left: {left}")
'''


def guardian_of(watchdog: int) -> psutil.Process:
    """The guardian that a watchdog has."""

    def there() -> list[psutil.Process]:
        return children_running("chaos.watchdog.last_healer", watchdog)

    wait(there, "the guardian is there")
    (guardian,) = there()
    return guardian


def gone(process: psutil.Process) -> bool:
    """Whether it has ended."""
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@contextmanager
def rehearsal(world: StandIn, leases: Path, fault: str, fields: dict[str, object]) -> Iterator[tuple["subprocess.Popen[str]", Process]]:
    """A rehearsal that has broken something, as a process of its own, and its watchdog."""
    argv = [sys.executable, str(HERE / "chaos_rehearsal.py"), world.handles.model_dump_json(), str(leases), str(LEASE_S)]
    env = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    with subprocess.Popen(
        [*argv, fault, json.dumps(fields)], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, start_new_session=True, env=env
    ) as process:
        assert process.stdout is not None
        pid, state = process.stdout.readline().split()
        assert state == "effective"
        watchdog = Process.of(int(pid))
        assert watchdog is not None
        yield process, watchdog
        process.kill()


@pytest.mark.parametrize("first", ["rehearsal", "watchdog"])
def test_where_both_are_killed_it_is_healed_within_the_lease_and_nobody_called(world: StandIn, leases: Path, first: str) -> None:
    """A frozen database of a world that goes on; whichever of the two dies first, and nobody is left running."""
    with rehearsal(world, leases, "process-freeze", FREEZE) as (process, watchdog):
        frozen = world.topology.one("database", role="standby").process
        assert frozen is not None
        assert frozen.stopped
        guardian = guardian_of(watchdog.pid)
        began_s = time.monotonic()
        for kill in (process.kill, lambda: watchdog.signal(signal.SIGKILL))[:: 1 if first == "rehearsal" else -1]:
            kill()
        wait(lambda: not frozen.stopped, "the standby is awake", LEASE_S)
        wait(lambda: gone(guardian), "the guardian has gone", LEASE_S)
        assert time.monotonic() - began_s < LEASE_S
        assert chaos.leftovers(leases) == []
        assert world.state()["healthy"]


def test_an_undo_that_was_done_by_half_is_done_whole(own_faults: Path, world: StandIn, leases: Path, tmp_path: Path) -> None:
    """The watchdog is killed in the middle of an undo, after its rehearsal: the guardian begins it again, and ends it."""
    (own_faults / "chaos" / "faults" / "halves.py").write_text(HALVES)
    with rehearsal(world, leases, "halves", {"folder": str(tmp_path)}) as (process, watchdog):
        guardian = guardian_of(watchdog.pid)
        process.kill()
        wait(lambda: gone(guardian), "the guardian has gone", LEASE_S)
        assert not watchdog.alive
        assert not [name for name in ("left", "right") if (tmp_path / name).exists()]
        assert chaos.leftovers(leases) == []


def test_a_rehearsal_that_lives_heals_by_itself_until_the_lease_is_over(world: StandIn, leases: Path, run: Run) -> None:
    """It may read back before; one that does not come to it loses its lease, and the run is told of the healing, once."""
    watchdog = WatchdogClient(world.handles, leases=leases, lease_s=4, run=run)
    watchdog.inject(build_fault("process-freeze", FREEZE), "drill")
    frozen = world.topology.one("database", role="standby").process
    assert frozen is not None
    (lease,) = Leases(leases).all()
    guardian = guardian_of(watchdog.pid)
    os.kill(watchdog.pid, signal.SIGKILL)
    wait(lambda: not watchdog.alive(), "the door notices")
    with pytest.raises(WatchdogLost):
        watchdog.close()
    while frozen.stopped:
        assert time.monotonic_ns() < lease.expires_ns + 3e9, "nobody heals"
        time.sleep(0.01)
    assert time.monotonic_ns() > lease.expires_ns, "the rehearsal, which lives, was not left its time"
    wait(lambda: gone(guardian), "the guardian has gone")
    told = [json.loads(line)["kind"] for line in (run.events_folder / "heal-1.jsonl").read_text().splitlines()]
    assert [kind for kind in told if kind.startswith("fault.")] == ["fault.undoing", "fault.undone", "fault.healed"]
    assert chaos.heal(leases) == []


def test_a_watchdog_that_ends_in_order_takes_its_guardian_with_it(world: StandIn, leases: Path) -> None:
    """It is there before anything is broken, holds nothing that anybody waits for, and is gone when the watchdog is."""
    watchdog = WatchdogClient(world.handles, leases=leases)
    guardian = guardian_of(watchdog.pid)
    assert os.getsid(guardian.pid) == guardian.pid
    held = {str(link.readlink()) for link in Path(f"/proc/{guardian.pid}/fd").iterdir()}
    assert not [name for name in held if name.startswith("socket:")]
    watchdog.close()
    assert gone(guardian)


def test_a_guardian_that_was_killed_is_replaced_before_the_next_injection(world: StandIn, leases: Path) -> None:
    """Whoever kills it kills nothing else with it."""
    with WatchdogClient(world.handles, leases=leases) as watchdog:
        guardian = guardian_of(watchdog.pid)
        guardian.kill()
        watchdog.inject(build_fault("process-freeze", FREEZE), "drill")
        assert guardian_of(watchdog.pid).pid != guardian.pid


def test_two_who_heal_do_it_one_after_the_other(world: StandIn, leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second waits for the first, and does not take it for a failure; a healer that never ends is one."""
    watchdog = WatchdogClient(world.handles, leases=leases)
    watchdog.inject(build_fault("process-freeze", FREEZE), "drill")
    os.kill(watchdog.pid, signal.SIGKILL)
    wait(lambda: not watchdog.alive(), "the door notices")
    with pytest.raises(WatchdogLost):
        watchdog.close()
    with Leases(leases).alone():
        second = threading.Thread(target=chaos.heal, args=[leases])
        second.start()
        second.join(0.5)
        assert second.is_alive()
        assert len(chaos.leftovers(leases)) == 1
        monkeypatch.setattr("chaos.watchdog.leftovers._OTHERS_S", 0.1)
        with pytest.raises(ChaosError, match="somebody else is healing just now"):
            chaos.heal(leases)
    second.join(20)
    assert chaos.leftovers(leases) == []
