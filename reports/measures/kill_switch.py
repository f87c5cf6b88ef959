"""What the campaign's kill switch did in a drill: by what it told, by the ledger of those who were to be told, and by the books.

With zero the start of the injection: time to pause = first trip after zero - zero; time to notice = the first notice that reached anybody,
by the receivers' own ledger, - the pause; time to acknowledge = the first acknowledgement - that notice; grants after pause = effects of
operations that a pause keeps out (`pausable`), by the target's own clock after the pause and before it was let go on; success while
paused = the share of correct answers of the worst other operation that changes something, among those intended in that time, or since zero
where it did not pause. What did not come while there was load takes longer than that: censored. trips, stale alarms and resumes are counted
from zero on.
"""

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence
from reports.measures.arrays import Bools, Floats, column, integers
from reports.measures.drill_outcomes import StrikeOutcome
from reports.measures.traffic import Traffic
from scenarios.run.outcomes import CORRECT
from scenarios.run.records import Records
from scenarios.run.system_event_kinds import (
    SystemKillSwitch,
    SystemKillSwitchAcknowledged,
    SystemKillSwitchResumed,
    SystemKillSwitchStale,
    SystemKillSwitchTripped,
)

if TYPE_CHECKING:
    from reports.evidence import Evidence

EXECUTIVES = "executives"
"""Who is told, as a dependency of the read-back's calls."""

ENOUGH = 20
"""Operations of a kind, from which on their share of correct answers says something."""


@dataclass(frozen=True, slots=True)
class PauseTrial:
    """The switch in one strike. Times in seconds since T0; None where it did not come to that."""

    zero_s: float
    ends_s: float
    paused_s: float | None
    noticed_s: float | None
    acknowledged_s: float | None
    resumed_s: float | None
    grants_after: int
    success: float | None  # None: nothing was asked for that could succeed
    trips: int
    stale: int
    resumes: int

    def figure(self, measure: str) -> tuple[float | None, bool]:
        """A gate's measure, None where nothing can be told; and whether the true figure is greater."""
        counted = {"grants after pause": self.grants_after, "trips": self.trips, "stale alarms": self.stale, "resumes": self.resumes}
        if measure in counted:
            return float(counted[measure]), False
        if measure == "success while paused":
            return self.success, False
        begins_s, came_s = {
            "time to pause": (self.zero_s, self.paused_s),
            "time to notice": (self.paused_s, self.noticed_s),
            "time to acknowledge": (self.noticed_s, self.acknowledged_s),
        }[measure]
        since_s = next(at_s for at_s in (begins_s, self.paused_s, self.zero_s) if at_s is not None)
        return round(max(0.0, (self.ends_s if came_s is None else came_s) - since_s), 3), came_s is None


def pause_trial(strike: StrikeOutcome, evidence: "Evidence") -> PauseTrial:
    """What the kill switch did in a strike.

    Raises:
        NoEvidence: the target does not tell of its kill switch, or the books or the ledger of those who are told are not on record.
    """
    source = evidence.plan.target.events
    if source is None or "kill_switch_tripped" not in source.kinds.values():
        raise NoEvidence("the target tells nothing of its kill switch")
    if strike.zero_s is None or evidence.t0_ms is None:
        raise NoEvidence(f"{strike.id} never struck, or T0 is not known on the wall clock")
    zero_s, ends_s = strike.zero_s, min(evidence.load_ends_s, strike.next_zero_s)

    def first_s(kind: type[SystemKillSwitch], since_s: float) -> float | None:
        return next((event.at_s for event in evidence.of_kind(kind) if since_s <= event.at_s < ends_s), None)

    def count(kind: type[SystemKillSwitch]) -> int:
        return sum(zero_s <= event.at_s < strike.next_zero_s for event in evidence.of_kind(kind))

    paused_s = first_s(SystemKillSwitchTripped, zero_s)
    resumed_s = None if paused_s is None else first_s(SystemKillSwitchResumed, paused_s)
    return PauseTrial(
        zero_s=zero_s,
        ends_s=ends_s,
        paused_s=paused_s,
        noticed_s=None if paused_s is None else _noticed_s(paused_s, evidence),
        acknowledged_s=None if paused_s is None else first_s(SystemKillSwitchAcknowledged, paused_s),
        resumed_s=resumed_s,
        grants_after=0 if paused_s is None else _grants_between(paused_s, resumed_s, evidence),
        success=_success(zero_s if paused_s is None else paused_s, ends_s if resumed_s is None else resumed_s, evidence),
        trips=count(SystemKillSwitchTripped),
        stale=count(SystemKillSwitchStale),
        resumes=count(SystemKillSwitchResumed),
    )


def kept_out(evidence: "Evidence", acks: Records) -> Bools:
    """Which of these attempts a pause kept out: of operations that it keeps out, and intended while the campaign was paused."""
    mapped = evidence.plan.target.operations
    pausable = [bool((one := mapped.get(name)) and one.effect and one.effect.pausable) for name in evidence.plan.operations]
    found: Bools = in_pause(evidence, acks["intended_ns"] / 1e9) & np.isin(acks["operation_index"], np.flatnonzero(pausable))
    return found


def in_pause(evidence: "Evidence", at_s: Floats) -> Bools:
    """At which of these moments the campaign was paused by its switch."""
    found = np.zeros(len(at_s), bool)
    for tripped in evidence.of_kind(SystemKillSwitchTripped):
        resumed_s = (event.at_s for event in evidence.of_kind(SystemKillSwitchResumed) if event.at_s > tripped.at_s)
        found |= (at_s >= tripped.at_s) & (at_s < next(resumed_s, inf))
    return found


def _noticed_s(paused_s: float, evidence: "Evidence") -> float | None:
    """When the first of those who are told was told; a ledger in whole milliseconds may be one early."""
    table = evidence.table("calls")
    mine = np.array([name == EXECUTIVES for name in column(table, "dependency")], bool)
    did, at_ms = integers(column(table, "did")[mine], "did"), integers(column(table, "at_ms")[mine], "at_ms")
    told_s = (at_ms[did > 0] - (evidence.t0_ms or 0.0)) / 1000
    later = told_s[told_s >= paused_s - 1e-3]
    return float(later.min()) if len(later) else None


def _grants_between(paused_s: float, resumed_s: float | None, evidence: "Evidence") -> int:
    """By the target's own clock on both sides."""
    mapped = evidence.plan.target.operations
    names = {name for name, operation in mapped.items() if operation.effect and operation.effect.pausable}
    if not names:
        raise NoEvidence("the target maps no operation that a pause keeps out")
    table = evidence.table("effects")
    at_ms = integers(column(table, "at_ms"), "at_ms")[np.array([name in names for name in column(table, "op")], bool)]
    return int(np.count_nonzero((at_ms > _own_ms(paused_s, evidence)) & (at_ms < _own_ms(resumed_s, evidence))))


def _own_ms(at_s: float | None, evidence: "Evidence") -> float:
    """A change of the switch on the target's clock, as it tells it; by ours where it does not."""
    if at_s is None:
        return inf
    told = next((event.facts.more.get("at_ms") for event in evidence.of_kind(SystemKillSwitch) if event.at_s == at_s), None)
    return float(told) if isinstance(told, int | float) else (evidence.t0_ms or 0.0) + at_s * 1000


def _success(from_s: float, to_s: float, evidence: "Evidence") -> float | None:
    """Of the worst operation, the customers' and the pulse's alike; a few of a kind say nothing."""
    mapped, intended_s = evidence.plan.target.operations, evidence.operations.intended_ns / 1e9
    during = evidence.operations.select((intended_s >= from_s) & (intended_s < to_s))
    meanwhile = Traffic.of(during, evidence.plan, evidence.load_ends_s).sent
    go_on = [name for name, operation in mapped.items() if operation.effect and not operation.effect.pausable]
    asked = [meanwhile.of_operation(name) for name in go_on]
    return min((one.ratio(*CORRECT) or 0.0 for one in asked if len(one) >= ENOUGH), default=None)
