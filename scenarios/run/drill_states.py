"""Where a drill is, from its plan to its health: one list for the terminal, the metrics and the judge."""

from enum import StrEnum

from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import (
    DrillOverdue,
    DrillPlanned,
    DrillRecovered,
    DrillRefused,
    DrillSteady,
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


class DrillState(StrEnum):
    """What a drill is at. Its own values are what people and metrics are shown."""

    PLANNED = "planned"
    STEADY = "steady"  # steady state holds; it strikes
    REFUSED = "refused"  # it did not start
    INJECTING = "injecting"  # the effect is not shown yet
    BROKEN = "broken"  # the effect is shown, and customers go on
    WITHOUT_EFFECT = "without effect"
    RECOVERED = "recovered"  # live figures hold again, approximately
    OVERDUE = "overdue"  # they do not, and its deadline has passed
    UNDOING = "undoing"
    UNDONE = "undone"  # health is not back yet
    HEALED = "healed"
    FAILED = "failed"  # a fault could not be injected, undone or healed


_AFTER: dict[type[Facts], DrillState] = {
    DrillPlanned: DrillState.PLANNED,
    DrillSteady: DrillState.STEADY,
    DrillRefused: DrillState.REFUSED,
    FaultInjecting: DrillState.INJECTING,
    FaultEffective: DrillState.BROKEN,
    FaultWithoutEffect: DrillState.WITHOUT_EFFECT,
    DrillRecovered: DrillState.RECOVERED,
    DrillOverdue: DrillState.OVERDUE,
    FaultUndoing: DrillState.UNDOING,
    FaultUndone: DrillState.UNDONE,
    FaultHealed: DrillState.HEALED,
    FaultNotHealed: DrillState.FAILED,
    FaultNotUndone: DrillState.FAILED,
    FaultFailed: DrillState.FAILED,
}


def state_after(facts: Facts) -> DrillState | None:
    """The state that an event brings its drill to; None for one that changes none."""
    return _AFTER.get(type(facts))
