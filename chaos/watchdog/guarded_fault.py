"""A fault as the watchdog calls it: whatever it raises or gives amiss is named in the journal, and is a ChaosError to the caller."""

from collections.abc import Callable
from typing import TypeVar

from chaos.errors import ChaosError
from chaos.fault import Fault, FaultTarget, Scope
from chaos.health import ProbeResult
from chaos.target_handles import Handles
from chaos.watchdog.journal import FaultJournal
from scenarios.plugins import FAULT
from scenarios.plugins.failures import RAISED, failure_of

Gives = TypeVar("Gives")


class GuardedFault:
    """The methods of a fault, each of which raises nothing but ChaosError. A failure is written down once, however often it comes."""

    def __init__(self, fault: Fault, journal: FaultJournal) -> None:
        """`journal` is that of the run."""
        self._fault = fault
        self._journal = journal
        self._written: set[str] = set()
        self.effect_s, self.heal_s, self.late_s = fault.effect_s, fault.heal_s, fault.late_s

    def scope(self) -> Scope:
        """As `Fault.scope`."""
        return self._call(lambda: _as(Scope, self._fault.scope()))

    def find_target(self, handles: Handles) -> FaultTarget:
        """As `Fault.find_target`."""
        return self._call(lambda: _as(FaultTarget, self._fault.find_target(handles)))

    def hold(self, handles: Handles, lease_s: float) -> None:
        """As `Fault.hold`."""
        self._call(lambda: self._fault.hold(handles, lease_s))

    def inject(self, handles: Handles, target: FaultTarget) -> None:
        """As `Fault.inject`."""
        self._call(lambda: self._fault.inject(handles, target))

    def is_effective(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """As `Fault.is_effective`."""
        return self._call(lambda: _sound(self._fault.is_effective(handles, target)))

    def undo(self, handles: Handles, target: FaultTarget) -> None:
        """As `Fault.undo`."""
        self._call(lambda: self._fault.undo(handles, target))

    def by_hand(self, target: FaultTarget) -> str:
        """As `Fault.by_hand`; where that breaks too, what can be said of any fault."""
        try:
            said = self._call(lambda: _as(str, self._fault.by_hand(target)))
        except ChaosError:
            said = Fault.by_hand(self._fault, target)
        return f"{said}, then run: stormdrill heal"

    def is_healed(self, handles: Handles, target: FaultTarget) -> ProbeResult:
        """As `Fault.is_healed`."""
        return self._call(lambda: _sound(self._fault.is_healed(handles, target)))

    def _call(self, method: Callable[[], Gives]) -> Gives:
        try:
            return method()
        except ChaosError:
            raise
        except RAISED as error:
            failure = failure_of(FAULT, self._fault.kind(), error)
            if str(failure) not in self._written:
                self._written.add(str(failure))
                self._journal.note(failure)
            raise ChaosError(str(failure)) from None


def _as(kind: type[Gives], given: object) -> Gives:
    if not isinstance(given, kind):
        raise TypeError(f"it gave {given!r}; allowed: a {kind.__name__}")
    return given


def _sound(given: object) -> ProbeResult:
    probed = _as(ProbeResult, given)
    _as(bool, probed.holds)
    _as(str, probed.evidence)
    return probed
