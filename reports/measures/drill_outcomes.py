"""What the events tell about each planned drill."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scenarios.plan.scenario import PlannedDrill, Scenario
from scenarios.run.drill_states import DrillState, state_after
from scenarios.run.events import Event


@dataclass(frozen=True, slots=True)
class StrikeOutcome:
    """A planned drill and what became of it. Times in seconds since T0; None where it did not come to that."""

    name: str
    plan: PlannedDrill
    planned_s: float
    zero_s: float | None  # the start of the injection call
    effective_s: float | None  # its effect confirmed; [zero, effective] is the error bar of every figure
    undone_s: float | None
    healed_s: float | None  # health verified after every one of its faults
    next_zero_s: float  # when the following drill struck; infinite for the last one
    trouble: str  # why it proves nothing, empty where it does


def strikes(scenario: Scenario, events: Iterable[Event]) -> list[StrikeOutcome]:
    """The planned drills in the order of their plan."""
    told: dict[str, list[Event]] = {}
    for event in events:
        if state_after(event.kind):
            told.setdefault(event.text("drill"), []).append(event)
    zeros = sorted(zero for zero in (_zero(told.get(drill.drill, [])) for drill in scenario.drills) if zero is not None)
    return [_strike(drill, scenario.strikes_s(drill), told.get(drill.drill, []), zeros) for drill in scenario.drills]


def _zero(told: Sequence[Event]) -> float | None:
    """The drill's zero: its first injection, or the one that says it is the zero where a drill prepares by faults of its own."""
    injections = [event for event in told if event.kind == "fault.injecting"]
    chosen = [event for event in injections if event.facts.get("starts_clock")] or injections
    return chosen[0].at_s if chosen else None


def _strike(drill: PlannedDrill, planned_s: float, told: Sequence[Event], zeros: Sequence[float]) -> StrikeOutcome:
    zero_s = _zero(told)
    after = [event for event in told if zero_s is not None and event.at_s >= zero_s]
    last = {event.kind: event.at_s for event in told}
    kinds = [event.kind for event in told]
    whole = kinds.count("fault.healed") >= kinds.count("fault.injecting")
    return StrikeOutcome(
        drill.drill,
        drill,
        planned_s,
        zero_s,
        next((event.at_s for event in after if event.kind == "fault.effective"), None),
        last.get("fault.undone"),
        last.get("fault.healed") if whole else None,
        next((zero for zero in zeros if zero_s is not None and zero > zero_s), float("inf")),
        _trouble(drill.drill, told, zero_s),
    )


def _trouble(name: str, told: Sequence[Event], zero_s: float | None) -> str:
    for event in told:
        match state_after(event.kind):
            case DrillState.REFUSED:
                return f"{name} did not start: {event.text('reason') or 'no reason was given'}"
            case DrillState.WITHOUT_EFFECT:
                return f"the fault {event.text('fault')} of {name} had no effect: {event.text('evidence') or 'its probe showed none'}"
            case DrillState.FAILED:
                return f"the fault {event.text('fault')} of {name} failed: {event.text('reason') or 'no reason was given'}"
    if zero_s is None:
        return f"{name} never struck"
    kinds = [event.kind for event in told]
    if kinds.count("fault.effective") < kinds.count("fault.injecting"):
        return f"the effect of {name} was never confirmed"
    return ""
