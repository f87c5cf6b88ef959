"""What an earlier run left broken, and how it is taken back without the one who broke it."""

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

from chaos.handles.process import boot
from chaos.registry import build_fault
from chaos.watchdog.active_fault import WorldTurns, not_undone, run_probe, still_broken, undo_in_tries
from chaos.watchdog.guarded_fault import GuardedFault
from chaos.watchdog.journal import FaultJournal
from chaos.watchdog.lease import Lease, Leases, Unreadable
from scenarios.errors import StormdrillError
from scenarios.run.events import EventWriter
from scenarios.run.fault_event_kinds import FaultFailed, FaultHealed, FaultNotUndone, FaultUndoing, FaultUndone
from scenarios.run.folder import Run

_HEAL_S = 60.0
_WATCHDOG_S = 30.0  # a watchdog may be in the middle of an undo, or wait for health
_MOST_HEALERS = 100


@dataclass(frozen=True, slots=True)
class Leftover:
    """A fault that has not been taken back."""

    lease: str
    fault: str
    drill: str
    target: str
    watched: bool  # it is of a rehearsal that goes on, whose watchdog will take it back
    reason: str
    of_world: bool = False  # of a world that its rehearsal brought, and that goes with it

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.fault} of {self.target or 'unknown'}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Healing:
    """What became of one leftover."""

    leftover: Leftover
    healed: bool
    detail: str

    def __str__(self) -> str:
        """One line for people."""
        how = "healed" if self.healed else "left alone" if self.leftover.watched else "NOT healed"
        return f"{self.leftover.fault} of {self.leftover.target or 'unknown'}: {how}, {self.detail}"


def leftovers(folder: Path | None = None) -> list[Leftover]:
    """All leases that lie there, the latest first; those of a rehearsal that is running now are `watched`."""
    return [_leftover(lease) for lease in Leases(folder).all()]


def heal(folder: Path | None = None, *, deadline_s: float = _HEAL_S) -> list[Healing]:
    """Undoes every lease that no living rehearsal holds, the latest first, and waits until all are healed; may be called again at any time.

    A watchdog that goes on without its rehearsal heals by itself, and is waited for; one that does not come to an end is ended. What is
    no lease is moved aside. What cannot be undone or does not get healthy within the deadline stays, with its reason.

    Raises:
        ChaosError: the leases' folder is not ours, or somebody else is healing just now.
    """
    leases = Leases(folder)
    if not leases.folder.is_dir():
        return []
    until = time.monotonic() + deadline_s
    with leases.alone(), ExitStack() as stack:
        released = _release(leases)
        healer = _Healer(leases, until, stack)
        undone = [healer.undo(lease) for lease in leases.all()]
        return released + [one if isinstance(one, Healing) else healer.await_health(one) for one in undone]


def _release(leases: Leases) -> list[Healing]:
    """Waits for watchdogs whose rehearsal is gone, as long as they may take; ends those that are stopped or take longer."""
    until = time.monotonic() + _WATCHDOG_S
    before = {lease.id: lease for lease in leases.all() if isinstance(lease, Lease) and lease.watched and not lease.of_living_rehearsal}
    while left := [lease for lease in before.values() if lease.watchdog.alive]:
        for lease in left:
            if lease.watchdog.stopped or time.monotonic() > until:
                lease.watchdog.signal(SIGKILL)
        time.sleep(0.05)
    there = {one.id for one in leases.all() if isinstance(one, Lease)}
    return [Healing(_leftover(lease), healed=True, detail="by its watchdog") for lease in before.values() if lease.id not in there]


@dataclass(frozen=True, slots=True)
class _Patient:
    lease: Lease
    fault: GuardedFault
    journal: FaultJournal

    @property
    def who(self) -> dict[str, str]:
        return {"fault": self.lease.fault, "drill": self.lease.drill, "strike": self.lease.strike, "lease": self.lease.id}


class _Healer:
    """One round over all leases."""

    def __init__(self, leases: Leases, until: float, stack: ExitStack) -> None:
        self._leases, self._until, self._stack = leases, until, stack
        self._journals: dict[Path, FaultJournal] = {}
        self._turns = WorldTurns()

    def undo(self, lease: Lease | Unreadable) -> _Patient | Healing:
        leftover = _leftover(lease)
        if isinstance(lease, Unreadable):
            return self._set_aside(lease, leftover)
        if leftover.watched:
            return Healing(leftover, healed=False, detail=leftover.reason)
        if lease.world_gone:
            return self._gone(lease, leftover)
        try:
            journal = self._journal(lease)
            patient = _Patient(lease, GuardedFault(build_fault(lease.fault, lease.parameters), journal), journal)
        except StormdrillError as error:
            return Healing(leftover, healed=False, detail=str(error))
        patient.journal.note(FaultUndoing(**patient.who))
        tries, trouble = undo_in_tries(patient.fault, lease, self._turns)
        if trouble:
            told = not_undone(patient.fault, lease, tries, trouble)
            return self._not_healed(patient, still_broken(told), told)
        patient.journal.note(FaultUndone(**patient.who))
        return patient

    def await_health(self, patient: _Patient) -> Healing:
        lease = patient.lease
        while True:
            seen = run_probe(patient.fault.is_healed, lease)
            if seen.holds or lease.world_gone:
                detail = seen.evidence if seen.holds else "its world is gone, and nothing of it is left"
                patient.journal.note(FaultHealed(**patient.who, evidence=detail))
                self._leases.remove(lease.id)
                return Healing(_leftover(lease), healed=True, detail=detail)
            if time.monotonic() > self._until:
                return self._not_healed(patient, f"undone, but not healed in time: {seen.evidence}")
            time.sleep(0.1)

    def _gone(self, lease: Lease, leftover: Leftover) -> Healing:
        """Nothing is left of what it broke; whether its fault can still be built does not matter."""
        detail = "its world is gone, and nothing of it is left"
        who = {"fault": lease.fault, "drill": lease.drill, "strike": lease.strike, "lease": lease.id}
        self._journal(lease).note(FaultHealed(**who, evidence=detail))
        self._leases.remove(lease.id)
        return Healing(leftover, healed=True, detail=detail)

    def _set_aside(self, unreadable: Unreadable, leftover: Leftover) -> Healing:
        try:
            there = self._leases.set_aside(unreadable.path)
        except OSError as error:
            detail = f"{unreadable.reason}, and cannot be moved aside: {error.strerror}"
        else:
            detail = f"{unreadable.reason}; nobody can tell what it broke, so look after the target; it is now {there}"
        return Healing(leftover, healed=False, detail=detail)

    def _not_healed(self, patient: _Patient, reason: str, told: FaultNotUndone | None = None) -> Healing:
        patient.journal.note(told or FaultFailed(**patient.who, reason=reason))
        lease = patient.lease.model_copy(update={"trouble": reason})
        self._leases.save(lease)
        return Healing(_leftover(lease), healed=False, detail=reason)

    def _journal(self, lease: Lease) -> FaultJournal:
        """Tells the run that the fault was of, so that its judge hears of the healing; nobody where the run or its boot is gone."""
        if lease.events is None or lease.boot != boot() or not lease.events.is_dir():
            return FaultJournal(None)
        if lease.events not in self._journals:
            self._journals[lease.events] = FaultJournal(self._writer(lease.events, lease.t0_ns))
        return self._journals[lease.events]

    def _writer(self, events: Path, t0_ns: int) -> EventWriter | None:
        for number in range(1, _MOST_HEALERS):
            try:
                return self._stack.enter_context(closing(Run(events.parent).event_writer(f"heal-{number}", t0_ns)))
            except FileExistsError:
                continue
            except (OSError, StormdrillError):
                break
        return None


def _leftover(lease: Lease | Unreadable) -> Leftover:
    if isinstance(lease, Unreadable):
        return Leftover(lease.path.stem, "unknown", "", str(lease.path), watched=False, reason=lease.reason)
    if lease.of_living_rehearsal:
        reason = f"a rehearsal is running, its watchdog is pid {lease.watchdog_pid}"
    elif lease.watched:
        reason = f"its rehearsal is gone, and its watchdog (pid {lease.watchdog_pid}) is healing"
    else:
        reason = lease.trouble or "its watchdog died"
    own_world = lease.world is not None
    return Leftover(lease.id, lease.fault, lease.drill, str(lease.target), lease.of_living_rehearsal, reason, of_world=own_world)
