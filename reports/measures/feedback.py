"""What customers had to say, and what had gone wrong for them before: the order in which to mend."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence, NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from reports.measures.customer_service import Enquiries, enquiries
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Grievance:
    """An operation that did not do for customers what they asked."""

    op: str
    failed: int  # customers for whom it went wrong
    refused: int  # who were told no
    complained: int  # of both, who opened a ticket after that


@dataclass(frozen=True, slots=True)
class Feedback:
    """All of a run."""

    categories: tuple[tuple[str, int], ...]  # of tickets by the read-back, most first
    grievances: tuple[Grievance, ...]  # most tickets first; a no that nobody complained of is none
    robot: Enquiries | None


def feedback(evidence: "Evidence") -> Feedback:
    """By what customers asked and were answered; categories by the system's word.

    Raises:
        NotMapped: nothing in the target's file needs a person, or no customer opened a ticket.
        NoEvidence: the effects are not there.
    """
    plan, keys = evidence.plan, evidence.keys
    people = {index for index, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.person}
    opened = np.isin(keys.op, list(people)) & (keys.outcome == Outcome.SUCCESS)
    if not opened.any():
        raise NotMapped("no customer of this run opened a ticket")
    last_ns: dict[int, int] = {}
    for row in np.flatnonzero(opened).tolist():
        who = int(keys.customer[row])
        last_ns[who] = max(last_ns.get(who, 0), int(keys.intended_ns[row]))
    return Feedback(_categories(evidence, {plan.operations[index] for index in people}), _grievances(evidence, last_ns), _robot(evidence))


def _categories(evidence: "Evidence", people: set[str]) -> tuple[tuple[str, int], ...]:
    effects = evidence.table("effects")
    ops, category = column(effects, "op"), optional(effects, "category")
    told = Counter(str(category[row]) for row in np.flatnonzero(known(category)).tolist() if ops[row] in people)
    return tuple(sorted(told.items(), key=lambda pair: (-pair[1], pair[0])))


def _grievances(evidence: "Evidence", last_ns: dict[int, int]) -> tuple[Grievance, ...]:
    """`last_ns` is when each customer last opened a ticket."""
    keys = evidence.keys
    failed, refused, complained = (defaultdict[int, set[int]](set) for _ in range(3))
    for row in np.flatnonzero(keys.outcome != Outcome.SUCCESS).tolist():
        op, who = int(keys.op[row]), int(keys.customer[row])
        (refused if keys.outcome[row] == Outcome.REFUSAL else failed)[op].add(who)
        if int(keys.ended_ns[row]) <= last_ns.get(who, -1):
            complained[op].add(who)
    found = [
        Grievance(evidence.plan.operations[op], len(failed[op]), len(refused[op]), len(complained[op]))
        for op in sorted({*failed, *refused})
        if failed[op] or complained[op]
    ]
    return tuple(sorted(found, key=lambda one: (-one.complained, -one.failed, one.op)))


def _robot(evidence: "Evidence") -> Enquiries | None:
    try:
        return enquiries(evidence)
    except (NotMapped, NoEvidence):
        return None
