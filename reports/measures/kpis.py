"""What a service reports of itself, beside what customers know of it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.aggregation import Keys
from reports.measures.arrays import Bools, column, integers
from scenarios.run.outcomes import CORRECT, Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was done and by how many: at least, and at most where customers were not told."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Kpi:
    """An operation's, by the customers and as reported: None where the service does not report it."""

    op: str
    done: Count
    people: Count
    told: int | None
    told_people: int | None


def kpis(evidence: "Evidence") -> list[Kpi]:
    """One for each operation that customers asked for or that the service reports, of those in the target's file.

    What is unknown to the customer is looked up in the read-back, where that has the operation's effects; else it may be or not.

    Raises:
        NotMapped: the target's read-back has no figures of its own.
        NoEvidence: they, or the effects, are not there.
    """
    if not evidence.has("kpis"):
        raise NotMapped("the target's read-back has no figures of its own (`kpis`)")
    rows = evidence.table("kpis")
    columns = (integers(column(rows, name), name).tolist() for name in ("done", "customers"))
    told = {str(op): (done, people) for op, done, people in zip(column(rows, "op"), *columns, strict=True)}
    seen, others = evidence.reconciliation, evidence.keys
    found = []
    for index, op in enumerate(evidence.plan.operations):
        if op in seen.unseen:
            mine = others.select(others.op == index)
            sure = mine.outcome == Outcome.SUCCESS
            maybe = sure | ~np.isin(mine.outcome, CORRECT)
        else:
            here = seen.keys.op == index
            mine = seen.keys.select(here)
            sure = maybe = (mine.outcome == Outcome.SUCCESS) | seen.present[here]
        if len(mine) or op in told:
            people = Count(_people(mine, sure), _people(mine, maybe))
            found.append(Kpi(op, Count(int(sure.sum()), int(maybe.sum())), people, *told.get(op, (None, None))))
    return found


def _people(keys: Keys, which: Bools) -> int:
    return len(np.unique(keys.customer[which]))


def things_a_person(keys: Keys) -> float:
    """How many different effectful operations a customer who did anything succeeded in, on average; 0 where nobody did."""
    done = keys.outcome == Outcome.SUCCESS
    pairs = np.unique(np.column_stack((keys.customer[done], keys.op[done])), axis=0)
    return len(pairs) / max(1, len(np.unique(pairs[:, 0])))
