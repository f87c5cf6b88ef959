"""One active fault, from its lease to its health: what the watchdog does with it."""

import sys
import time
from collections.abc import Callable

from chaos.errors import OutOfReach, Unanswered
from chaos.fault import LATE_S
from chaos.health import ProbeResult
from chaos.watchdog.guarded_fault import GuardedFault
from chaos.watchdog.journal import FaultJournal
from chaos.watchdog.lease import Lease, Leases
from chaos.watchdog.protocol import FaultState, FaultStatus
from scenarios.run.fault_event_kinds import (
    FaultEffective,
    FaultFailed,
    FaultHealed,
    FaultInjecting,
    FaultNotHealed,
    FaultNotUndone,
    FaultUndoing,
    FaultUndone,
    FaultWithoutEffect,
)

_UNDO_TRIES = 3
_PAUSE_S = 0.3
_LATE_LOOK_S = 1.0
_WORLD_TURNS_S = 5.0
"""A world that does not answer may be about to end with its rehearsal, or have a new supervisor in a moment."""


class WorldTurns:
    """By when each world that has stopped answering must answer again: one deadline for all that was broken of it."""

    def __init__(self) -> None:
        """All of them answer so far."""
        self._until_s: dict[tuple[int, int], float] = {}

    def may(self, lease: Lease, failed: Exception) -> bool:
        """Whether it is worth while to ask again for longer, now that an undo has failed by this."""
        if lease.world is None or not isinstance(failed, OutOfReach):
            return False
        return time.monotonic() < self._until_s.setdefault(lease.world, time.monotonic() + _WORLD_TURNS_S)

    def answers(self, lease: Lease) -> None:
        """It has."""
        if lease.world is not None:
            self._until_s.pop(lease.world, None)


class Lookout:
    """Looks, once a second, whether an injection that nobody has answered is carried out after it was taken back."""

    def __init__(self, fault: GuardedFault) -> None:
        """Nothing has been seen yet."""
        self._fault = fault
        self._whole = False
        self._next_s = 0.0

    def sees(self, lease: Lease) -> bool:
        """Whether it has come: the fault's own probe shows it, or what was whole a second ago is not any more."""
        if time.monotonic() < self._next_s:
            return False
        self._next_s = time.monotonic() + _LATE_LOOK_S
        before, seen = self._whole, run_probe(self._fault.is_healed, lease)
        self._whole = seen.holds
        return (before and seen.answered and not seen.holds) or run_probe(self._fault.is_effective, lease).holds


class ActiveFault:
    """A fault under a lease. Every method returns within a few seconds."""

    def __init__(self, fault: GuardedFault, lease: Lease, leases: Leases, journal: FaultJournal) -> None:
        """Nothing is written or broken yet."""
        self.fault = fault
        self.lease = lease
        self.state = FaultState.INJECTED
        self.without_effect = False
        self._evidence = ""
        self._still_broken, self._tries = False, 0
        self._injected_ns = 0
        self._until_ns = 0
        self._lookout = Lookout(fault)
        self._leases = leases
        self._journal = journal
        self._who = {"fault": lease.fault, "drill": lease.drill, "strike": lease.strike, "lease": lease.id}

    @property
    def status(self) -> FaultStatus:
        """What others are told of it."""
        return FaultStatus(
            lease=self.lease.id,
            fault=self.lease.fault,
            drill=self.lease.drill,
            strike=self.lease.strike,
            state=self.state,
            injected_ns=self._injected_ns,
            without_effect=self.without_effect,
            still_broken=self._still_broken,
            evidence=self._evidence,
        )

    @property
    def broken(self) -> bool:
        """Whether it still has to be taken back."""
        return self.state in (FaultState.INJECTED, FaultState.EFFECTIVE)

    @property
    def settled(self) -> bool:
        """Whether nothing more will come of it by itself."""
        return self.state in (FaultState.HEALED, FaultState.FAILED)

    def reserve(self) -> None:
        """Writes its lease, before anything is broken. Raises ChaosError where another's is of the same part, or it cannot be written."""
        self._leases.claim(self.lease)

    def inject(self) -> None:
        """Once its lease is on the disk: the event is too, then the injection. What fails half-way is taken back.

        Raises:
            Exception: whatever kept it from being injected.
        """
        try:
            self.fault.hold(self.lease.handles, (self.lease.expires_ns - self.lease.begun_ns) / 1e9)
            self._injected_ns = time.monotonic_ns()
            injecting = FaultInjecting(
                **self._who, parameters=self.lease.parameters, target=str(self.lease.target), starts_clock=self.lease.starts_clock
            )
            self._journal.require(injecting, self._injected_ns)
            self.fault.inject(self.lease.handles, self.lease.target)
        except Exception as error:
            late = isinstance(error, Unanswered)
            self._expect(LATE_S if late else 0.0)
            more = f"; it may still come, so it is looked after for {LATE_S:g} s and taken back again" if late else ""
            self._journal.note(FaultFailed(**self._who, reason=_sentence(error) + more))
            self.undo()
            raise
        self._expect(0.0)
        self._until_ns = time.monotonic_ns() + int(self.fault.effect_s * 1e9)

    def _expect(self, late_s: float) -> None:
        """For how long from now the injection may still be carried out; on the disk before it is taken back."""
        if not (late_s or self.lease.late_until_ns):
            return
        until_ns = time.monotonic_ns() + int(late_s * 1e9) if late_s else 0
        self.lease = self.lease.model_copy(update={"late_until_ns": until_ns})
        try:
            self._leases.save(self.lease)
        except OSError as error:  # it is still looked after by the one who knows
            print(f"lease {self.lease.id}: that it may come late is not written: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log

    def advance(self) -> None:
        """Asks the probe that its state waits for, and goes on where it holds or has waited long enough."""
        if self.state is FaultState.INJECTED:
            self._await_effect()
        elif self.state is FaultState.UNDONE:
            self._await_health()

    def renew(self, expires_ns: int, lease_s: float) -> None:
        """The rehearsal lives: the lease goes on, and what the fault holds."""
        self.lease = self.lease.model_copy(update={"expires_ns": expires_ns})
        try:
            self._leases.save(self.lease)
            if self.broken:
                self.fault.hold(self.lease.handles, lease_s)
        except Exception as error:  # noqa: BLE001 - a lease that cannot be renewed ends early, which is the safe side
            print(f"lease {self.lease.id} is not renewed: {_sentence(error)}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log

    def undo(self, turns: WorldTurns | None = None) -> None:
        """Takes it back, in a few tries. Does nothing where that is done. `turns` are those of all that are taken back with it."""
        if self.state not in (FaultState.UNDONE, FaultState.HEALED):
            self._take_back(turns or WorldTurns())

    def _take_back(self, turns: WorldTurns) -> None:
        self._journal.note(FaultUndoing(**self._who))
        tries, trouble = undo_in_tries(self.fault, self.lease, turns)
        self._still_broken = bool(trouble)
        if trouble:
            self._tries += tries
            told = not_undone(self.fault, self.lease, self._tries, trouble)
            self._fail(still_broken(told), told)
            return
        self._journal.note(FaultUndone(**self._who))
        self.state = FaultState.UNDONE
        self._until_ns = time.monotonic_ns() + int(self.fault.heal_s * 1e9)

    def _await_effect(self) -> None:
        seen = run_probe(self.fault.is_effective, self.lease)
        if seen.holds:
            self.state, self._evidence = FaultState.EFFECTIVE, seen.evidence
            self._journal.note(FaultEffective(**self._who, evidence=seen.evidence))
        elif time.monotonic_ns() > self._until_ns:
            self.without_effect, self._evidence = True, seen.evidence
            self._journal.note(FaultWithoutEffect(**self._who, evidence=seen.evidence))
            self.undo()

    def _await_health(self) -> None:
        if self.lease.may_come_late:
            if self._lookout.sees(self.lease):
                self._take_back(WorldTurns())
            return
        seen = run_probe(self.fault.is_healed, self.lease)
        self._evidence = seen.evidence
        if seen.holds:
            self.state = FaultState.HEALED
            self._journal.note(FaultHealed(**self._who, evidence=seen.evidence))
            self._leases.remove(self.lease.id)
        elif self.lease.world_gone:
            self._fail("its world is gone: health cannot be verified, and nothing is left to take back")
            self._leases.remove(self.lease.id)
        elif time.monotonic_ns() > self._until_ns:
            reason = f"undone, but not healed within {self.fault.heal_s:g} s: {seen.evidence}"
            proof = FaultNotHealed(**self._who, within_s=self.fault.heal_s, evidence=seen.evidence)
            self._fail(reason, proof if seen.answered else None)

    def _fail(self, reason: str, told: FaultNotHealed | FaultNotUndone | None = None) -> None:
        self.state, self._evidence = FaultState.FAILED, reason
        self._journal.note(told or FaultFailed(**self._who, reason=reason))
        self.lease = self.lease.model_copy(update={"trouble": reason})
        try:
            self._leases.save(self.lease)
        except OSError as error:
            print(f"{reason}; the lease keeps its older text: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log


def undo_in_tries(fault: GuardedFault, lease: Lease, turns: WorldTurns) -> tuple[int, str]:
    """Undoes a fault in a few tries: how many, and the reason where the last failed too; empty where it is done or its world is gone."""
    tries = 0
    while True:
        tries += 1
        try:
            fault.undo(lease.handles, lease.valid_target)
        except Exception as error:  # noqa: BLE001 - a fault of the user's own may raise anything, and the others must still be undone
            failed = error
        else:
            turns.answers(lease)
            return tries, ""
        if lease.world_gone:
            return tries, ""
        if not turns.may(lease, failed) and tries >= _UNDO_TRIES:
            return tries, _sentence(failed)
        time.sleep(_PAUSE_S)


def not_undone(fault: GuardedFault, lease: Lease, tries: int, trouble: str) -> FaultNotUndone:
    """What is told of a fault whose undo has failed so often."""
    who = {"fault": lease.fault, "drill": lease.drill, "strike": lease.strike, "lease": lease.id}
    return FaultNotUndone(**who, target=str(lease.target), tries=tries, reason=trouble, by_hand=fault.by_hand(lease.target))


def still_broken(told: FaultNotUndone) -> str:
    """The same for people."""
    return f"the undo failed: {told.reason}; by hand: {told.by_hand}"


def run_probe(probe: Callable[..., ProbeResult], lease: Lease) -> ProbeResult:
    """What a probe of the fault sees; one that raises sees nothing."""
    try:
        return probe(lease.handles, lease.valid_target)
    except Exception as error:  # noqa: BLE001 - as in undo_in_tries
        return ProbeResult(holds=False, evidence=_sentence(error), answered=False)


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__
