"""What an earlier run left broken, and how it is taken back without the one who broke it."""

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from chaos.handles.process import boot
from chaos.registry import build_fault
from chaos.watchdog.active_fault import run_probe, undo_in_tries
from chaos.watchdog.guarded_fault import GuardedFault
from chaos.watchdog.journal import FaultJournal
from chaos.watchdog.lease import Lease, Leases, Unreadable
from scenarios.errors import StormdrillError
from scenarios.run.event_kinds import FaultFailed, FaultHealed, FaultUndoing, FaultUndone
from scenarios.run.events import EventWriter

_HEAL_S = 60.0
_MOST_HEALERS = 100


@dataclass(frozen=True, slots=True)
class Leftover:
    """A fault that has not been taken back."""

    lease: str
    fault: str
    drill: str
    target: str
    watched: bool  # a living watchdog holds it and will take it back
    reason: str

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
        return f"{self.leftover.fault} of {self.leftover.target or 'unknown'}: {'healed' if self.healed else 'NOT healed'}, {self.detail}"


def leftovers(folder: Path | None = None) -> list[Leftover]:
    """All leases that lie there, the latest first; those of a rehearsal that is running now are `watched`."""
    return [_leftover(lease) for lease in Leases(folder).all()]


def heal(folder: Path | None = None, *, deadline_s: float = _HEAL_S) -> list[Healing]:
    """Undoes every lease whose watchdog is dead, the latest first, and waits until all are healed; may be called again at any time.

    What cannot be undone or does not get healthy within the deadline stays, with its reason.

    Raises:
        ChaosError: the leases' folder is not ours, or somebody else is healing just now.
    """
    leases = Leases(folder)
    if not leases.folder.is_dir():
        return []
    until = time.monotonic() + deadline_s
    with leases.alone(), ExitStack() as stack:
        healer = _Healer(leases, until, stack)
        undone = [healer.undo(lease) for lease in leases.all()]
        return [one if isinstance(one, Healing) else healer.await_health(one) for one in undone]


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

    def undo(self, lease: Lease | Unreadable) -> _Patient | Healing:
        leftover = _leftover(lease)
        if isinstance(lease, Unreadable) or leftover.watched:
            return Healing(leftover, healed=False, detail=leftover.reason)
        try:
            journal = self._journal(lease)
            patient = _Patient(lease, GuardedFault(build_fault(lease.fault, lease.parameters), journal), journal)
        except StormdrillError as error:
            return Healing(leftover, healed=False, detail=str(error))
        patient.journal.note(FaultUndoing(**patient.who))
        trouble = undo_in_tries(patient.fault, lease)
        if trouble:
            return self._not_healed(patient, f"the undo failed: {trouble}")
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

    def _not_healed(self, patient: _Patient, reason: str) -> Healing:
        patient.journal.note(FaultFailed(**patient.who, reason=reason))
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
                return self._stack.enter_context(closing(EventWriter(events, f"heal-{number}", t0_ns)))
            except FileExistsError:
                continue
            except OSError:
                break
        return None


def _leftover(lease: Lease | Unreadable) -> Leftover:
    if isinstance(lease, Unreadable):
        return Leftover(lease.path.stem, "unknown", "", str(lease.path), watched=False, reason=f"{lease.reason}; look at it and remove it")
    target = str(lease.target)
    if lease.watched:
        return Leftover(
            lease.id,
            lease.fault,
            lease.drill,
            target,
            watched=True,
            reason=f"a rehearsal is running, its watchdog is pid {lease.watchdog_pid}",
        )
    return Leftover(lease.id, lease.fault, lease.drill, target, watched=False, reason=lease.trouble or "its watchdog died")
