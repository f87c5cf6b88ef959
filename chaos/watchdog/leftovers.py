"""What an earlier run left broken, and how it is taken back without the one who broke it."""

import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL

from chaos.handles.process import Process, boot
from chaos.registry import build_fault
from chaos.watchdog.active_fault import Lookout, WorldTurns, not_undone, run_probe, still_broken, undo_in_tries
from chaos.watchdog.guarded_fault import GuardedFault
from chaos.watchdog.journal import FaultJournal
from chaos.watchdog.lease import Lease, Leases, Unreadable
from chaos.watchdog.protocol import ENDED_S
from scenarios.errors import StormdrillError
from scenarios.run.events import EventWriter
from scenarios.run.fault_event_kinds import FaultFailed, FaultHealed, FaultNotUndone, FaultUndoing, FaultUndone
from scenarios.run.folder import Run

_HEAL_S = 60.0
_OTHERS_S = 90.0  # another healer may take all its time too: the guardian of a watchdog that was killed, or whoever called it
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
    leases = Leases(folder)
    found = [_leftover(lease) for lease in leases.all()]
    return [left for left in found if left.watched or leases.has(left.lease)]  # else its watchdog has healed it meanwhile, and gone


def heal(folder: Path | None = None, *, of: Process | None = None, deadline_s: float = _HEAL_S) -> list[Healing]:
    """Undoes every lease that no living rehearsal holds, the latest first, and waits until all are healed; may be called again at any time.

    `of`: only what this dead watchdog has left. A watchdog that goes on without its rehearsal heals by itself, and is waited for; one that
    does not come to an end is ended. Another healer is waited for, and what it has healed is nothing to this one. What is no lease is moved
    aside. What cannot be undone or does not get healthy within the deadline stays, with its reason.

    Raises:
        ChaosError: the leases' folder is not ours, or somebody else does not come to an end with healing.
    """
    leases = Leases(folder)
    if not leases.folder.is_dir():
        return []
    before = [one for one in _there(leases, of) if isinstance(one, Lease) and not one.of_living_rehearsal]
    if not of:
        _release(leases)
    with leases.alone(_OTHERS_S), ExitStack() as stack:
        healer = _Healer(leases, time.monotonic() + deadline_s, stack)
        there = _there(leases, of)
        gone = [one for one in before if one.id not in {still.id for still in there if isinstance(still, Lease)}]
        undone = [healer.undo(lease) for lease in there]
        healed = [one if isinstance(one, Healing) else healer.await_health(one) for one in undone]
        return [Healing(_leftover(one), healed=True, detail="by its watchdog or its guardian") for one in gone] + healed


def _there(leases: Leases, of: Process | None) -> Sequence[Lease | Unreadable]:
    """All but those that a watchdog has healed meanwhile, and gone."""
    found = leases.of(of) if of else leases.all()
    return [one for one in found if (left := _leftover(one)).watched or leases.has(left.lease)]


def _release(leases: Leases) -> None:
    """Waits for watchdogs whose rehearsal is gone, as long as they may take; ends those that are stopped or take longer."""
    until = time.monotonic() + ENDED_S
    held = [one for one in leases.all() if isinstance(one, Lease) and one.watched and not one.of_living_rehearsal]
    while held := [lease for lease in held if lease.watchdog.alive]:
        for lease in held:
            if lease.watchdog.stopped or time.monotonic() > until:
                lease.watchdog.signal(SIGKILL)
        time.sleep(0.05)


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
        return self.take_back(patient)

    def take_back(self, patient: _Patient) -> _Patient | Healing:
        patient.journal.note(FaultUndoing(**patient.who))
        tries, trouble = undo_in_tries(patient.fault, patient.lease, self._turns)
        if trouble:
            told = not_undone(patient.fault, patient.lease, tries, trouble)
            return self._not_healed(patient, still_broken(told), told)
        patient.journal.note(FaultUndone(**patient.who))
        return patient

    def await_health(self, patient: _Patient) -> Healing:
        lease = patient.lease
        lookout = Lookout(patient.fault)
        while lease.may_come_late:
            if lookout.sees(lease) and isinstance(again := self.take_back(patient), Healing):
                return again
            time.sleep(0.1)
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
