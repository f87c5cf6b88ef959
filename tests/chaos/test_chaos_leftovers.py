"""Healing what is left: each lease is taken back, named, or moved aside; nothing of a living rehearsal is touched."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from chaos_support import HERE, StandIn, wait
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chaos
from chaos.errors import ChaosError, WatchdogLost
from chaos.handles.process import Process, me
from chaos.registry import build_fault
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.lease import Lease, Leases

FREEZE = {"part": "database", "role": "standby"}


def _directory(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link(path: Path) -> None:
    path.symlink_to("/etc/hostname")


def _big(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**12)


def _written(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))

    return write


CORRUPT: dict[str, Callable[[Path], None]] = {
    "empty": _written(""),
    "cut off": _written('{"id": "x", "fault": "proc'),
    "no object": _written("[1, 2]"),
    "no text": _written("\udcff\udc80"),
    "lacks fields": _written('{"id": "x"}'),
    "deep": _written("[" * 5000),
    "directory": _directory,
    "pipe": _pipe,
    "link": _link,
    "sparse terabyte": _big,
}


@pytest.mark.parametrize("make", CORRUPT.values(), ids=CORRUPT)
def test_what_is_no_lease_is_named_and_moved_aside(leases: Path, make: Callable[[Path], None]) -> None:
    """Never a traceback, never a hang; it blocks until heal has moved it, then it blocks no more, and what it held is kept for people."""
    Leases(leases).make()
    make(leases / "x.json")
    (left,) = chaos.leftovers(leases)
    assert (left.watched, "\n" in str(left)) == (False, False)
    (healing,) = chaos.heal(leases)
    assert not healing.healed
    assert "look after the target; it is now" in healing.detail
    assert os.path.lexists(leases / "unreadable" / "x.json.1")
    assert (chaos.leftovers(leases), chaos.heal(leases)) == ([], [])


@given(data=st.binary(max_size=200))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_lease_or_none(leases: Path, data: bytes) -> None:
    """Whatever a file holds, reading it gives a sentence."""
    Leases(leases).make()
    (leases / "x.json").write_bytes(data)
    (left,) = chaos.leftovers(leases)
    assert left.reason.startswith(("is no lease", "cannot be read"))


@pytest.mark.parametrize("place", ["leases", "lock"])
def test_a_folder_that_cannot_be_used_is_one_sentence(leases: Path, place: str) -> None:
    """A file where the folder should be, a folder where the lock should be."""
    if place == "leases":
        leases.parent.mkdir()
        leases.write_text("")
        assert chaos.heal(leases) == []
        with pytest.raises(ChaosError, match="cannot be made"):
            Leases(leases).make()
    else:
        Leases(leases).make()
        (leases / "heal.lock").mkdir()
        with pytest.raises(ChaosError, match="cannot be locked"):
            chaos.heal(leases)


def lost(world: StandIn, leases: Path, **changes: object) -> Lease:
    """The lease of a frozen standby whose watchdog was killed, changed."""
    watchdog = WatchdogClient(world.handles, leases=leases)
    watchdog.inject(build_fault("process-freeze", FREEZE), "drill")
    os.kill(watchdog.pid, signal.SIGKILL)
    wait(lambda: not watchdog.alive(), "the watchdog is dead")
    with contextlib.suppress(WatchdogLost):
        watchdog.close()
    (lease,) = Leases(leases).all()
    assert isinstance(lease, Lease)
    changed = lease.model_copy(update=changes)
    Leases(leases).save(changed)
    return changed


def test_a_lease_whose_fault_is_unknown_stays_until_it_is_known_or_its_world_is_gone(world: StandIn, leases: Path) -> None:
    """Somebody's own fault whose folder is not named: heal says so and forgets nothing; once its world is gone there is nothing to undo."""
    lost(world, leases, fault="of-their-own")
    (healing,) = chaos.heal(leases)
    assert (healing.healed, "of-their-own" in healing.detail) == (False, True)
    assert len(chaos.leftovers(leases)) == 1
    assert world.process.stdin is not None
    world.process.stdin.close()
    world.process.wait(10)
    (healing,) = chaos.heal(leases)
    assert (healing.healed, healing.detail) == (True, "its world is gone, and nothing of it is left")
    assert chaos.leftovers(leases) == []


def test_a_lease_that_goes_while_it_is_looked_for_is_none(leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A living rehearsal heals after the folder was listed and before its lease is read: nothing is unreadable, or left behind."""
    Leases(leases).make()
    monkeypatch.setattr("chaos.watchdog.lease.files_of_mine", lambda folder, _: [folder / "healed.json"])
    assert Leases(leases).all() == []
    assert (chaos.leftovers(leases), chaos.heal(leases)) == ([], [])


def test_a_lease_whose_watchdog_heals_it_and_goes_while_it_is_looked_at_is_no_leftover(
    world: StandIn, leases: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was read, then healed and removed: nobody is there any more who watches it, and nothing has to be healed."""
    lease = lost(world, leases)
    Leases(leases).remove(lease.id)
    monkeypatch.setattr(Leases, "all", lambda _: [lease])
    assert (chaos.leftovers(leases), chaos.heal(leases)) == ([], [])


def test_a_lease_under_another_name_is_none(world: StandIn, leases: Path) -> None:
    """A file that says that it is another lease, or one with a path in it, is not followed."""
    lease = lost(world, leases)
    path = leases / f"{lease.id}.json"
    for name in ("other", "../../outside"):
        (leases / "x.json").write_text(json.dumps(json.loads(path.read_text()) | {"id": name}))
        assert [left.reason[:11] for left in chaos.leftovers(leases) if left.lease == "x"] == ["is no lease"]
    assert [healing.healed for healing in chaos.heal(leases)] == [True, False]
    assert chaos.leftovers(leases) == []


def test_a_pid_that_is_somebody_elses_now_is_no_watchdog(world: StandIn, leases: Path) -> None:
    """The lease names the pid of a living process with another start time: nobody watches, and that process is left alone."""
    lost(world, leases, watchdog_pid=me().pid, watchdog_started=me().started + 1)
    assert [left.watched for left in chaos.leftovers(leases)] == [False]
    assert [healing.healed for healing in chaos.heal(leases)] == [True]
    assert me().alive


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "living"])
def test_a_watchdog_without_its_rehearsal_is_waited_for_or_ended(world: StandIn, leases: Path, *, stopped: bool) -> None:
    """Its rehearsal is killed: a living watchdog heals by itself while heal waits, a stopped one is ended and its faults are taken back."""
    arguments = [world.handles.model_dump_json(), str(leases), "30", "process-freeze", json.dumps(FREEZE)]
    env = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    argv = [sys.executable, str(HERE / "chaos_rehearsal.py"), *arguments]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, start_new_session=True, env=env) as rehearsal:
        assert rehearsal.stdout is not None
        pid, state = rehearsal.stdout.readline().split()
        assert state == "effective"
        frozen = world.topology.one("database", role="standby").process
        watchdog = Process.of(int(pid))
        assert frozen is not None
        assert watchdog is not None
        assert [left.watched for left in chaos.leftovers(leases)] == [True]
        if stopped:
            watchdog.signal(signal.SIGSTOP)
        rehearsal.kill()
        rehearsal.wait(10)
    assert [left.watched for left in chaos.leftovers(leases)] in ([False], [])
    assert all(healing.healed for healing in chaos.heal(leases))
    assert (watchdog.alive, frozen.stopped, chaos.leftovers(leases)) == (False, False, [])


SLOW = '''
"""A fault of which the watchdog gives up the health after half a minute and more."""
from typing import ClassVar
from chaos.fault import FaultTarget, Fault
from chaos.health import ProbeResult

class Slow(Fault):
    """Does nothing."""
    heal_s: ClassVar[float] = 33.0
    def find_target(self, handles): return FaultTarget(part="nothing")
    def inject(self, handles, target): pass
    def is_effective(self, handles, target): return ProbeResult(holds=True, evidence="it is slow")
    def undo(self, handles, target): pass
    def is_healed(self, handles, target): return ProbeResult(holds=False, evidence="not yet")
'''


def test_a_watchdog_that_takes_its_time_is_not_ended(own_faults: Path, world: StandIn, leases: Path) -> None:
    """Its rehearsal is killed, and it waits for a health that takes long: heal lets it, and does not kill it in mid-work."""
    (own_faults / "chaos" / "faults" / "slow.py").write_text(SLOW)
    arguments = [world.handles.model_dump_json(), str(leases), "30", "slow", "{}"]
    env = {**os.environ, "PYTHONPATH": str(HERE.parent.parent)}
    argv = [sys.executable, str(HERE / "chaos_rehearsal.py"), *arguments]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, start_new_session=True, env=env) as rehearsal:
        assert rehearsal.stdout is not None
        rehearsal.stdout.readline()
        rehearsal.kill()
    (healing,) = chaos.heal(leases, deadline_s=0)
    assert not healing.healed
    assert healing.leftover.reason.startswith("undone, but not healed in time")
    (lease,) = Leases(leases).all()
    assert isinstance(lease, Lease)
    assert time.monotonic_ns() - lease.begun_ns > 33e9, "its watchdog was ended before"
    Leases(leases).remove(lease.id)
