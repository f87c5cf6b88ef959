"""Ends what running rehearsals have broken, from outside: each watchdog takes everything back at once, each rehearsal ends in order."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

from chaos.watchdog.lease import Lease, Leases, Watch
from chaos.watchdog.protocol import STOP

_HEALED_S = 90.0
_LOOK_S = 0.05


@dataclass(frozen=True, slots=True)
class Stopped:
    """What became of one fault of a rehearsal that was stopped, or of the rehearsal itself."""

    what: str
    healed: bool
    detail: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.what}: {self.detail}"


def stop(folder: Path | None = None, *, deadline_s: float = _HEALED_S) -> Iterator[Stopped]:
    """Tells every rehearsal of this user that may break something, and gives each fault as soon as it is healed, or will not be.

    The leases are the witnesses: a fault's is gone once the target is healthy again.
    """
    leases, began = Leases(folder), time.monotonic()
    told = leases.watches()
    broken = {lease.id: lease for lease in _of(leases, told)}
    for watch in told:
        watch.watchdog.signal(STOP)
        watch.door.signal(SIGTERM)
        yield Stopped(
            f"rehearsal {watch.run or watch.door.pid}", healed=True, detail="told to stop; it ends with its verdict, in its own terminal"
        )
    settled: set[str] = set()
    while broken and time.monotonic() - began < deadline_s:
        now = {lease.id: lease for lease in _of(leases, told) if lease.id not in settled}
        broken |= now  # one that was on its way when it was told
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


def _of(leases: Leases, watches: list[Watch]) -> list[Lease]:
    mine = {watch.watchdog for watch in watches}
    return [lease for lease in leases.all() if isinstance(lease, Lease) and lease.watchdog in mine]


def _name(lease: Lease) -> str:
    return f"{lease.fault} of {lease.target}"
