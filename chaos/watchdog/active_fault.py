"""One live fault, from its lease to its health: what the watchdog does with it, and how it is told."""

import sys
import time
from collections.abc import Callable
from enum import StrEnum

from chaos.fault import Fault
from chaos.health import Look
from chaos.watchdog.lease import Lease, Leases
from scenarios.run.event_kinds import (
    Facts,
    FaultEffective,
    FaultFailed,
    FaultHealed,
    FaultInjecting,
    FaultUndoing,
    FaultUndone,
    FaultWithoutEffect,
)
from scenarios.run.events import EventWriter
from scenarios.target.model import Strict

_UNDO_TRIES = 3
_PAUSE_S = 0.3


class State(StrEnum):
    """Where a fault is in its life."""

    INJECTED = "injected"  # the effect is not shown yet
    EFFECTIVE = "effective"
    UNDONE = "undone"  # health is not back yet
    HEALED = "healed"
    FAILED = "failed"  # the undo failed, or health did not come back: a leftover


class FaultState(Strict):
    """A live fault, as the watchdog tells it."""

    lease: str
    fault: str
    drill: str
    state: State
    injected_ns: int  # CLOCK_MONOTONIC, when the injection call began
    without_effect: bool = False
    evidence: str = ""


class Teller:
    """Writes events. An undo must not fail because the disk is full, so only an injection insists on being written down."""

    def __init__(self, writer: EventWriter | None) -> None:
        """Without a writer nothing is told but to the log."""
        self._writer = writer

    def insist(self, facts: Facts, at_ns: int) -> None:
        """Writes an event. Raises OSError where it cannot be written."""
        if self._writer:
            self._writer.write(facts, at_ns)

    def tell(self, facts: Facts) -> None:
        """Writes an event of this moment, as well as it can be done."""
        try:
            self.insist(facts, time.monotonic_ns())
        except OSError as error:
            print(f"{facts.kind} {facts} is not written: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log


class LiveFault:
    """A fault under a lease. Every method returns within a few seconds."""

    def __init__(self, fault: Fault, lease: Lease, leases: Leases, teller: Teller) -> None:
        """Nothing is written or broken yet."""
        self.fault = fault
        self.lease = lease
        self.state = State.INJECTED
        self.without_effect = False
        self._evidence = ""
        self._injected_ns = 0
        self._until_ns = 0
        self._leases = leases
        self._teller = teller
        self._who = {"fault": lease.fault, "drill": lease.drill, "lease": lease.id}

    @property
    def told(self) -> FaultState:
        """Its state for others."""
        return FaultState(
            lease=self.lease.id,
            fault=self.lease.fault,
            drill=self.lease.drill,
            state=self.state,
            injected_ns=self._injected_ns,
            without_effect=self.without_effect,
            evidence=self._evidence,
        )

    @property
    def broken(self) -> bool:
        """Whether it still has to be taken back."""
        return self.state in (State.INJECTED, State.EFFECTIVE)

    @property
    def settled(self) -> bool:
        """Whether nothing more will come of it by itself."""
        return self.state in (State.HEALED, State.FAILED)

    def inject(self) -> None:
        """Lease, then event, both on the disk, then the injection. What fails half-way is taken back.

        Raises:
            Exception: whatever kept it from being injected.
        """
        self._leases.save(self.lease)
        try:
            self.fault.hold(self.lease.reach, (self.lease.expires_ns - self.lease.begun_ns) / 1e9)
            self._injected_ns = time.monotonic_ns()
            injecting = FaultInjecting(**self._who, parameters=self.lease.parameters, aim=str(self.lease.aim), zero=self.lease.zero)
            self._teller.insist(injecting, self._injected_ns)
            self.fault.inject(self.lease.reach, self.lease.aim)
        except Exception as error:
            self._teller.tell(FaultFailed(**self._who, reason=_sentence(error)))
            self.undo()
            raise
        self._until_ns = time.monotonic_ns() + int(self.fault.effect_s * 1e9)

    def look(self) -> None:
        """Asks the probe that its state waits for, and goes on where it holds or has waited long enough."""
        if self.state is State.INJECTED:
            self._look_for_effect()
        elif self.state is State.UNDONE:
            self._look_for_health()

    def renew(self, expires_ns: int, lease_s: float) -> None:
        """The rehearsal lives: the lease goes on, and what the fault holds."""
        self.lease = self.lease.model_copy(update={"expires_ns": expires_ns})
        try:
            self._leases.save(self.lease)
            if self.broken:
                self.fault.hold(self.lease.reach, lease_s)
        except Exception as error:  # noqa: BLE001 - a lease that cannot be renewed ends early, which is the safe side
            print(f"lease {self.lease.id} is not renewed: {_sentence(error)}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log

    def undo(self) -> None:
        """Takes it back, in a few tries. Does nothing where that is done."""
        if self.state in (State.UNDONE, State.HEALED):
            return
        self._teller.tell(FaultUndoing(**self._who))
        trouble = take_back(self.fault, self.lease)
        if trouble:
            self._fail(f"the undo failed: {trouble}")
            return
        self._teller.tell(FaultUndone(**self._who))
        self.state = State.UNDONE
        self._until_ns = time.monotonic_ns() + int(self.fault.heal_s * 1e9)

    def _look_for_effect(self) -> None:
        seen = looked(self.fault.is_effective, self.lease)
        if seen.holds:
            self.state, self._evidence = State.EFFECTIVE, seen.evidence
            self._teller.tell(FaultEffective(**self._who, evidence=seen.evidence))
        elif time.monotonic_ns() > self._until_ns:
            self.without_effect, self._evidence = True, seen.evidence
            self._teller.tell(FaultWithoutEffect(**self._who, evidence=seen.evidence))
            self.undo()

    def _look_for_health(self) -> None:
        seen = looked(self.fault.is_healed, self.lease)
        if seen.holds:
            self.state, self._evidence = State.HEALED, seen.evidence
            self._teller.tell(FaultHealed(**self._who, evidence=seen.evidence))
            self._leases.remove(self.lease.id)
        elif self.lease.world_gone:
            self._fail("its world is gone: health cannot be verified, and nothing is left to take back")
            self._leases.remove(self.lease.id)
        elif time.monotonic_ns() > self._until_ns:
            self._fail(f"undone, but not healed within {self.fault.heal_s:g} s: {seen.evidence}")

    def _fail(self, reason: str) -> None:
        self.state, self._evidence = State.FAILED, reason
        self._teller.tell(FaultFailed(**self._who, reason=reason))
        self.lease = self.lease.model_copy(update={"trouble": reason})
        try:
            self._leases.save(self.lease)
        except OSError as error:
            print(f"{reason}; the lease keeps its older text: {error}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log


def take_back(fault: Fault, lease: Lease) -> str:
    """Undoes a fault in a few tries; the reason where that fails, empty where it is done or its world is gone."""
    trouble = ""
    for attempt in range(_UNDO_TRIES):
        if attempt:
            time.sleep(_PAUSE_S)
        try:
            fault.undo(lease.reach, lease.timeless)
        except Exception as error:  # noqa: BLE001 - a fault of the user's own may raise anything, and the others must still be undone
            trouble = _sentence(error)
        else:
            return ""
        if lease.world_gone:
            return ""
    return trouble


def looked(probe: Callable[..., Look], lease: Lease) -> Look:
    """What a probe of the fault sees; one that raises sees nothing."""
    try:
        return probe(lease.reach, lease.timeless)
    except Exception as error:  # noqa: BLE001 - as in take_back
        return Look(holds=False, evidence=_sentence(error))


def _sentence(error: Exception) -> str:
    return str(error) or type(error).__name__
