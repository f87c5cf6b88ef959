"""The task ladder: the rungs that customers were told they had done, and what the read-back tells of each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Step:
    """A rung that is done."""

    customer: int
    rung: int
    ref: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """What is recorded, and the rungs (customer, business key) that were promised and are not."""

    steps: list[Step]
    missing: list[tuple[int, str]]


def ladder(evidence: "Evidence") -> Ladder:
    """All of it.

    Raises:
        NotMapped: no effect of the target's is a rung, or nobody asked for one.
        NoEvidence: the effects are not there.
    """
    plan, keys = evidence.plan, evidence.keys
    mapped = {name for name in plan.operations if (one := effect_of(plan, name)) and one.climbs}
    if not mapped:
        raise NotMapped("no effect in the target's file is a rung of a ladder (`climbs`)")
    effects = evidence.table("effects")
    ops, customer, rung, ref = column(effects, "op"), optional(effects, "customer"), optional(effects, "rung"), optional(effects, "ref")
    at_ms, business = optional(effects, "at_ms"), optional(effects, "business")
    rows = np.flatnonzero(np.isin(ops, list(mapped)) & known(rung)).tolist()
    steps = [Step(int(customer[row]), int(rung[row]), str(ref[row]), float(at_ms[row] or 0)) for row in rows]
    there = {str(business[row]) for row in rows}
    indexes = [index for index, name in enumerate(plan.operations) if name in mapped]
    told = np.flatnonzero(np.isin(keys.op, indexes) & (keys.outcome == Outcome.SUCCESS)).tolist()
    promised = [(int(keys.customer[row]), keys.business[row].decode(errors="replace")) for row in told]
    if not steps and not promised and not evidence.asks(mapped):
        raise NotMapped("no customer of this run asked for a rung")
    return Ladder(steps, sorted((who, name) for who, name in promised if name not in there))
