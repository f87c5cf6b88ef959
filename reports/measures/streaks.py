"""How many days in a row each customer has come, by the calendar, by the rows, and as they were told."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence, NotMapped
from reports.measures.arrays import column, integers, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT

if TYPE_CHECKING:
    from reports.evidence import Evidence

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """A day on which a customer came: the streak that the row has, the one by the calendar, and the one that they were told, if any."""

    customer: int
    day: date
    recorded: int
    owed: int
    told: int | None


def visits(evidence: "Evidence") -> list[Visit]:
    """Each row, by customers and days. A campaign that is opened for the run has no day before it; in another the first row begins.

    Raises:
        NotMapped: the target's file has no streaks, or nobody came.
        NoEvidence: the rows do not tell their day, or the streak, or tell what is neither.
    """
    operations = {name for name in evidence.plan.operations if (one := effect_of(evidence.plan, name)) and one.streak}
    if not operations:
        raise NotMapped("no effect in the target's file is counted by days in a row (`streak`)")
    if not evidence.maps("effects", "day") or not evidence.maps("effects", "streak"):
        raise NoEvidence("the read-back's rows do not tell their 'day' and 'streak'")
    effects, reconciled = evidence.table("effects"), evidence.reconciliation
    ops, customer, day, streak = column(effects, "op"), *(optional(effects, name) for name in ("customer", "day", "streak"))
    there = np.isin(ops, list(operations)) & known(customer) & known(day) & known(streak)
    if not there.any():
        raise NotMapped("no customer of this run came on any day")
    who_came, recorded_streaks = integers(customer[there], "customer").tolist(), integers(streak[there], "streak").tolist()
    rows = sorted(zip(who_came, map(_date, day[there]), recorded_streaks, np.flatnonzero(there).tolist(), strict=True))
    opened, found = bool(evidence.plan.target.prepare.open), list[Visit]()
    for who, when, recorded, row in rows:
        before = found[-1] if found and found[-1].customer == who else None
        first = 1 if opened else recorded
        owed = first if before is None else before.owed + 1 if when - before.day == _DAY else 1
        key = int(reconciled.owner[row])
        answered = key >= 0 and reconciled.keys.outcome[key] == Outcome.SUCCESS and reconciled.keys.shown_fen[key] != NO_AMOUNT
        found.append(Visit(who, when, recorded, owed, int(reconciled.keys.shown_fen[key]) if answered else None))
    return found


def _date(day: object) -> date:
    try:
        return date.fromisoformat(str(day))
    except ValueError:
        raise NoEvidence(f"the read-back's 'day' should be a date like 2026-05-01, not {day!r}") from None
