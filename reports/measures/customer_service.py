"""How customers were served: whether the robot answered what they asked, and when a person responded."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence, NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Enquiries:
    """What was asked of a robot, by what customers were answered."""

    asked: int
    answered_rightly: int
    answered_wrongly: int  # and not knowing is neither

    @property
    def right(self) -> float:
        """The share that needs no person."""
        return self.answered_rightly / self.asked if self.asked else 1.0


@dataclass(frozen=True, slots=True)
class Response:
    """A ticket: how long it waited, until somebody responded or until the read-back."""

    name: str
    customer: int
    at_ms: float
    waited_s: float
    answered: bool


def enquiries(evidence: "Evidence") -> Enquiries:
    """What each customer asked about, held against what the answer was about.

    Raises:
        NotMapped: nothing in the target's file is asked about, or nobody asked.
    """
    ops = _ops(evidence, "asks_about")
    if not ops:
        raise NotMapped("nothing in the target's file says what is asked about (`asks_about`)")
    keys = evidence.keys
    mine = np.isin(keys.op, ops) & (keys.outcome == Outcome.SUCCESS)
    if not mine.any():
        raise NotMapped("no customer of this run asked anything and was answered")
    about, answer = keys.terms[mine], keys.answer[mine]
    right, silent = about == answer, answer == 0
    return Enquiries(int(mine.sum()), int(right.sum()), int((~right & ~silent).sum()))


def responses(evidence: "Evidence") -> list[Response]:
    """All tickets by the time at which their customers sent them, where that is known; else by the system's word.

    Raises:
        NotMapped: nothing in the target's file needs a person, or nobody wanted one.
        NoEvidence: the rows do not tell when somebody responded, or T0 is not known.
    """
    ops = _ops(evidence, "person")
    if not ops:
        raise NotMapped("no effect in the target's file needs a person (`person`)")
    if not evidence.maps("effects", "answered_ms"):
        raise NoEvidence("the read-back's rows do not tell when a person responded ('answered_ms')")
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    effects, reconciled = evidence.table("effects"), evidence.reconciliation
    names = {evidence.plan.operations[op] for op in ops}
    rows = [row for row, name in enumerate(column(effects, "op")) if name in names]
    if not rows:
        raise NotMapped("no customer of this run opened a ticket")
    ids, customer, at_ms, answered_ms = (optional(effects, name) for name in ("id", "customer", "at_ms", "answered_ms"))
    there, now_ms = known(answered_ms), evidence.t0_ms + evidence.payments_until_s * 1000
    found = []
    for row in rows:
        key = int(reconciled.owner[row])
        sent_ms = evidence.t0_ms + float(reconciled.keys.intended_ns[key]) / 1e6 if key >= 0 else float(at_ms[row])
        until_ms = float(answered_ms[row]) if there[row] else now_ms
        found.append(Response(str(ids[row]), int(customer[row]), sent_ms, max(0.0, until_ms - sent_ms) / 1000, bool(there[row])))
    return found


def _ops(evidence: "Evidence", what: str) -> list[int]:
    return [index for index, name in enumerate(evidence.plan.operations) if (one := effect_of(evidence.plan, name)) and getattr(one, what)]
