"""Where a drill is, from its plan to its health: one list for the terminal, the metrics and the judge."""

from enum import StrEnum


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


_AFTER = {
    "drill.planned": DrillState.PLANNED,
    "drill.steady": DrillState.STEADY,
    "drill.refused": DrillState.REFUSED,
    "fault.injecting": DrillState.INJECTING,
    "fault.effective": DrillState.BROKEN,
    "fault.without_effect": DrillState.WITHOUT_EFFECT,
    "drill.recovered": DrillState.RECOVERED,
    "drill.overdue": DrillState.OVERDUE,
    "fault.undoing": DrillState.UNDOING,
    "fault.undone": DrillState.UNDONE,
    "fault.healed": DrillState.HEALED,
    "fault.failed": DrillState.FAILED,
}


def state_after(kind: str) -> DrillState | None:
    """The state that an event of this kind brings its drill to; None for an event that changes none."""
    return _AFTER.get(kind)
