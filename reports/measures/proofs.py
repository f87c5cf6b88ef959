"""Effects that rest on an earlier one of the same customer's, as a registration does on the code that was sent."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, optional
from reports.measures.books import effect_of

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Proof:
    """What an effect may rest on."""

    customer: int
    at_ms: float


@dataclass(frozen=True, slots=True)
class Proven:
    """An effect that must rest on another."""

    name: str
    customer: int
    at_ms: float
    ref: str
    proof: Proof | None
    within_s: float


def proven(evidence: "Evidence") -> list[Proven]:
    """All effects that must rest on another, with that one where it is there.

    Raises:
        NotMapped: the target's file says it of none (`proven`), or nobody asked for one.
        NoEvidence: the effects are not there.
    """
    plan = evidence.plan
    rules = {name: effect.proven for name in plan.operations if (effect := effect_of(plan, name)) and effect.proven}
    if not rules:
        raise NotMapped("no effect in the target's file must rest on another (`proven`)")
    effects = evidence.table("effects")
    ops, ids, refs = column(effects, "op"), optional(effects, "id"), optional(effects, "ref")
    customers, at_ms = optional(effects, "customer"), optional(effects, "at_ms")
    mine = [row for row, op in enumerate(ops) if op in rules]
    if not mine and not evidence.asks(rules):
        raise NotMapped("no customer of this run asked for an effect that must rest on another")
    proofs = {
        (str(ops[row]), str(ids[row])): Proof(int(customers[row]), float(at_ms[row]))
        for row in np.flatnonzero(np.isin(ops, [rule.by for rule in rules.values()])).tolist()
    }
    return [
        Proven(
            f"{ops[row]} {ids[row]}",
            int(customers[row]),
            float(at_ms[row]),
            str(refs[row]),
            proofs.get((rule.by, str(refs[row]))),
            rule.within_s,
        )
        for row in mine
        for rule in [rules[ops[row]]]
    ]
