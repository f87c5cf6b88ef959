"""Ends what running rehearsals have broken, from outside: each watchdog takes everything back at once, each rehearsal ends in order."""

import time
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

from chaos.handles.process import Process
from chaos.watchdog.doors import breaking_doors, tell_to_break_no_more
from chaos.watchdog.lease import Lease, Leases
from chaos.watchdog.protocol import STOP

_HEALED_S = 90.0
_LOOK_S = 0.05
_WITH_VERDICT = "told to stop; it ends with its verdict, in its own terminal"
_GONE = "is gone, and its watchdog is told to take back what it has broken"
_UNBROKEN = "told to stop; nothing of it is broken now, and it breaks nothing more"


@dataclass(frozen=True, slots=True)
class Stopped:
    """What became of one fault of a rehearsal that was stopped, or of the rehearsal itself."""

    what: str
    healed: bool
    detail: str
    fault: bool = True  # not the rehearsal itself

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.what}: {self.detail}"


def stop(folder: Path | None = None, *, deadline_s: float = _HEALED_S) -> Iterator[Stopped]:
    """Tells everybody of this user who may break something, and gives each fault as soon as it is healed, or will not be.

    The leases are the witnesses: a fault's is gone once the target is healthy again.
    """
    leases, began = Leases(folder), time.monotonic()
    told = _may_break(leases)
    for door in told:
        tell_to_break_no_more(door, leases.folder)
    watches = [watch for watch in leases.watches() if watch.door in told]
    broken = {lease.id: lease for lease in _of(leases, told)}  # all there will be: who writes one from now on, finds that he was told
    for watch in watches:
        watch.watchdog.signal(STOP)
    alive = {door for door in told if door.signal(SIGTERM)}
    at_work = {watch.door for watch in watches} | {Process(*lease.door) for lease in broken.values() if lease.door}
    for door, name in told.items():
        detail = _GONE if door not in alive else _WITH_VERDICT if door in at_work else _UNBROKEN
        yield Stopped(name, healed=True, detail=detail, fault=False)
    settled: set[str] = set()
    while broken and time.monotonic() - began < deadline_s:
        now = {lease.id: lease for lease in _of(leases, told) if lease.id not in settled}
        for lease in list(broken.values()):
            if lease.id not in now:
                yield Stopped(_name(lease), healed=True, detail=f"healed, {time.monotonic() - began:.1f} s after it was told")
            elif now[lease.id].trouble:
                yield Stopped(_name(lease), healed=False, detail=f"NOT healed, {now[lease.id].trouble}; run: stormdrill heal")
            else:
                continue
            settled.add(lease.id)
            del broken[lease.id]
        time.sleep(_LOOK_S)
    for lease in broken.values():
        yield Stopped(_name(lease), healed=False, detail=f"NOT healed within {deadline_s:g} s; run: stormdrill heal")


def _may_break(leases: Leases) -> dict[Process, str]:
    """Who may break something, and how people call it: who has a watchdog, and who has none yet or just now."""
    doors = {door.process: str(door) for door in breaking_doors(leases.folder)}
    return doors | {watch.door: f"rehearsal {watch.run or watch.door.pid}" for watch in leases.watches()}


def _of(leases: Leases, doors: Container[Process]) -> list[Lease]:
    return [lease for lease in leases.all() if isinstance(lease, Lease) and lease.door and Process(*lease.door) in doors]


def _name(lease: Lease) -> str:
    return f"{lease.fault} of {lease.target}"
