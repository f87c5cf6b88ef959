"""The kinds of events about faults, the watchdog that guards them, and the drills that ask for them."""

from typing import ClassVar

from pydantic import JsonValue

from scenarios.run.facts import Facts


class OfFault(Facts):
    """Something about a fault: which, of which drill and strike, under which lease."""

    fault: str
    drill: str = ""
    strike: str = ""  # empty: the drill's only one
    lease: str = ""


class FaultRequested(OfFault):
    """A drill asked the watchdog for a fault."""

    kind: ClassVar[str] = "fault.requested"
    parameters: dict[str, JsonValue]


class FaultInjecting(OfFault):
    """Written before the injection call, when the recovery clock may start."""

    kind: ClassVar[str] = "fault.injecting"
    fsynced: ClassVar[bool] = True
    parameters: dict[str, JsonValue] = {}
    target: str = ""  # what it hits, for people
    starts_clock: bool = True  # whether the drill's recovery clock starts with it


class FaultEffective(OfFault):
    """The fault's own probe shows it."""

    kind: ClassVar[str] = "fault.effective"
    evidence: str


class FaultWithoutEffect(OfFault):
    """The fault's probe did not show it in time."""

    kind: ClassVar[str] = "fault.without_effect"
    evidence: str


class FaultUndoing(OfFault):
    """The undo begins."""

    kind: ClassVar[str] = "fault.undoing"
    fsynced: ClassVar[bool] = True


class FaultUndone(OfFault):
    """The undo is done."""

    kind: ClassVar[str] = "fault.undone"


class FaultHealed(OfFault):
    """Health is verified."""

    kind: ClassVar[str] = "fault.healed"
    evidence: str


class FaultNotHealed(OfFault):
    """It is taken back, and by the deadline the target still says that it is not whole: a failure of the target's own."""

    kind: ClassVar[str] = "fault.not_healed"
    within_s: float
    evidence: str


class FaultNotUndone(OfFault):
    """The undo has failed in every try: what was broken on purpose is still broken."""

    kind: ClassVar[str] = "fault.not_undone"
    fsynced: ClassVar[bool] = True
    target: str
    tries: int  # so far
    reason: str  # of the last one
    by_hand: str  # what a person has to do


class FaultFailed(OfFault):
    """The injection raised, or nobody could tell whether health came back."""

    kind: ClassVar[str] = "fault.failed"
    reason: str


class WatchdogStarted(Facts):
    """The watchdog lives."""

    kind: ClassVar[str] = "watchdog.started"
    pid: int


class WatchdogLost(Facts):
    """The watchdog died; the run stops and heals."""

    kind: ClassVar[str] = "watchdog.lost"
    reason: str


class OfDrill(Facts):
    """Something about a planned drill's strike."""

    drill: str
    strike: str = ""  # empty: the drill's only one


class DrillPlanned(OfDrill):
    """A drill will strike."""

    kind: ClassVar[str] = "drill.planned"
    at_s: float
    deadline_s: float
    window_s: float
    domain: str = ""  # this and the next two as its file states them
    hypothesis: str = ""
    hits: str = ""


class DrillSteady(OfDrill):
    """Steady state holds, so the drill may strike."""

    kind: ClassVar[str] = "drill.steady"
    evidence: str


class DrillRefused(OfDrill):
    """The drill did not start."""

    kind: ClassVar[str] = "drill.refused"
    reason: str


class DrillRecovered(OfDrill):
    """Live figures hold again; approximate."""

    kind: ClassVar[str] = "drill.recovered"
    rto_s: float


class DrillOverdue(OfDrill):
    """Not recovered by the deadline."""

    kind: ClassVar[str] = "drill.overdue"
