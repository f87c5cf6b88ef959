"""What the events tell about each strike of the planned drills."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import inf

from scenarios.plan.observed import MarkKind
from scenarios.plan.scenario import Scenario
from scenarios.plan.strikes import PlannedDrill, Strike
from scenarios.run.events import Event
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import (
    DrillRefused,
    FaultEffective,
    FaultFailed,
    FaultHealed,
    FaultInjecting,
    FaultNotHealed,
    FaultNotUndone,
    FaultUndone,
    FaultWithoutEffect,
    OfDrill,
    OfFault,
)

_LONG_S = 300.0
_SETTLES_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class StrikeOutcome:
    """A planned strike and what became of it. Times in seconds since T0; None where it did not come to that."""

    planned: Strike
    zero_s: float | None  # the start of the injection call
    effective_s: float | None  # its effect confirmed; [zero, effective] is the error bar of every figure
    undone_s: float | None
    healed_s: float | None  # health verified after every one of its faults
    next_zero_s: float  # when the following one struck; infinite for the last one
    trouble: str  # why it proves nothing, empty where it does
    not_undone: str = ""  # of which fault the undo failed, why, and what a person has to do; empty where all was taken back
    not_healed: str = ""  # what the target said of itself when the deadline for its health had passed; empty where it did not come to that
    over_s: float | None = None  # the last of those undone whose injection could start the clock: who set the scene may stay longer
    observed: bool = False  # other hands broke and healed; zero is the last good answer before the pulse's first trouble
    felt: bool = True  # False: no path of the pulse was in trouble, and the strike stands on marks alone
    marks: Mapping[MarkKind, float] = field(default_factory=dict)  # what they said, by the time of each kind that counts

    @property
    def id(self) -> str:
        """What tells it from all other strikes."""
        return self.planned.id

    @property
    def long_window_s(self) -> tuple[float, float] | None:
        """From when to when it is looked at whether the system holds itself down: the drill's long window, its first fifth apart.

        None where nothing was taken back.
        """
        if self.over_s is None:
            return None
        long_s = self.drill.long_window or _LONG_S
        return self.over_s + long_s * _SETTLES_SHARE, self.over_s + long_s

    @property
    def drill(self) -> PlannedDrill:
        """The drill's own entry of the scenario."""
        return self.planned.planned


def strikes(scenario: Scenario, events: Iterable[Event[Facts]]) -> list[StrikeOutcome]:
    """The planned strikes by their planned time."""
    told: dict[str, list[Event[Facts]]] = {}
    for event in events:
        if isinstance(event.facts, (OfFault, OfDrill)):
            told.setdefault(event.facts.strike or event.facts.drill, []).append(event)
    zeros = sorted(zero for zero in (_zero(told.get(strike.id, [])) for strike in scenario.strikes) if zero is not None)
    return [_outcome(strike, told.get(strike.id, []), zeros) for strike in scenario.strikes]


def taken_back(strike: StrikeOutcome, events: Iterable[Event[Facts]]) -> bool | None:
    """Whether all was taken back that a strike broke; None where nobody tells of each fault whether its undo worked."""
    if strike.not_undone:
        return False
    told = [event.facts for event in events if isinstance(event.facts, (FaultInjecting, FaultUndone))]
    mine = [facts for facts in told if (facts.strike or facts.drill) == strike.id]
    broken = {facts.lease for facts in mine if isinstance(facts, FaultInjecting)}
    undone = {facts.lease for facts in mine if isinstance(facts, FaultUndone)}
    return True if broken and broken <= undone else None


def unplanned(scenario: Scenario, events: Iterable[Event[Facts]]) -> list[str]:
    """Strikes that events tell of and the scenario has not."""
    planned = {strike.id for strike in scenario.strikes}
    told = (event.facts.strike or event.facts.drill for event in events if isinstance(event.facts, (OfFault, OfDrill)))
    return sorted({strike for strike in told if strike} - planned)


def _zero(told: Sequence[Event[Facts]]) -> float | None:
    """Where the recovery clock starts: the first injection that says so (others set the scene), else the first."""
    injections = [(event.facts, event.at_s) for event in told if isinstance(event.facts, FaultInjecting)]
    chosen = [at_s for facts, at_s in injections if facts.starts_clock] or [at_s for _, at_s in injections]
    return chosen[0] if chosen else None


def _outcome(strike: Strike, told: Sequence[Event[Facts]], zeros: Sequence[float]) -> StrikeOutcome:
    zero_s = _zero(told)
    after = [event for event in told if zero_s is not None and event.at_s >= zero_s]
    last = {type(event.facts): event.at_s for event in told}
    kinds = [type(event.facts) for event in told]
    whole = kinds.count(FaultHealed) >= kinds.count(FaultInjecting)
    return StrikeOutcome(
        strike,
        zero_s,
        next((event.at_s for event in after if isinstance(event.facts, FaultEffective)), None),
        last.get(FaultUndone),
        last.get(FaultHealed) if whole else None,
        next((zero for zero in zeros if zero_s is not None and zero > zero_s), inf),
        _trouble(strike.id, told, zero_s),
        _not_undone(told),
        _not_healed(told),
        _over(told),
    )


def _over(told: Sequence[Event[Facts]]) -> float | None:
    blows = {event.facts.lease for event in told if isinstance(event.facts, FaultInjecting) and event.facts.starts_clock}
    undone = [event.at_s for event in told if isinstance(event.facts, FaultUndone) and event.facts.lease in blows]
    return max(undone) if undone and len(undone) >= len(blows) else None


def _not_undone(told: Sequence[Event[Facts]]) -> str:
    """The last word of faults whose undo failed; one that was taken back after all takes it away again."""
    said: dict[str, str] = {}
    for event in told:
        match event.facts:
            case FaultNotUndone(lease=lease, fault=fault, target=target, tries=tries, reason=reason, by_hand=by_hand):
                said[lease] = f"{fault} of {target} was not taken back in {tries} tries: {reason}; by hand: {by_hand}"
            case FaultUndone(lease=lease) | FaultHealed(lease=lease):
                said.pop(lease, None)
    return "; ".join(said.values())


def _not_healed(told: Sequence[Event[Facts]]) -> str:
    """The last word of a fault that was taken back; a later health, after another try, takes it away again."""
    said: dict[str, str] = {}
    for event in told:
        match event.facts:
            case FaultNotHealed(lease=lease, within_s=within_s, evidence=evidence):
                said[lease] = f"not whole {within_s:g} s after the fault was taken back: {evidence}"
            case FaultHealed(lease=lease):
                said.pop(lease, None)
    return next(iter(said.values()), "")


def _trouble(name: str, told: Sequence[Event[Facts]], zero_s: float | None) -> str:
    for event in told:
        match event.facts:
            case DrillRefused(reason=reason):
                return f"{name} did not start: {reason or 'no reason was given'}"
            case FaultWithoutEffect(fault=fault, evidence=shown):
                return f"the fault {fault} of {name} had no effect: {shown or 'its probe showed none'}"
            case FaultFailed(fault=fault, reason=reason):
                return f"the fault {fault} of {name} failed: {reason or 'no reason was given'}"
    if zero_s is None:
        return f"{name} never struck"
    kinds = [type(event.facts) for event in told]
    if kinds.count(FaultEffective) < kinds.count(FaultInjecting):
        return f"the effect of {name} was never confirmed"
    return ""
