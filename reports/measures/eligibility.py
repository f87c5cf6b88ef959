"""What is for customers of some tiers alone: to whom each was promised, and who has it by the read-back."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome
from scenarios.target.fields import TierName

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Given:
    """One that was promised or given."""

    op: str
    business: str
    at_ms: float
    customer: int
    tier: TierName


@dataclass(frozen=True, slots=True)
class Eligibility:
    """All of a run, and the tiers that each operation is for."""

    tiers: dict[str, tuple[TierName, ...]]
    promised: list[Given]
    recorded: list[Given]

    def by_tier(self, op: str) -> Counter[TierName]:
        """To how many customers of each tier it was promised."""
        return Counter(one.tier for one in self.promised if one.op == op)

    def wrong(self, given: list[Given]) -> list[Given]:
        """Those that were not for whom they were given to."""
        return [one for one in given if one.tier not in self.tiers[one.op]]


def eligibility(evidence: "Evidence") -> Eligibility:
    """What customers were promised, and what the read-back tells.

    Raises:
        NotMapped: no effect of the target's is for some tiers alone, or nobody asked for one.
        NoEvidence: the effects are not there.
    """
    plan, keys = evidence.plan, evidence.keys
    tiers = {name: tuple(one.entitled) for name in plan.operations if (one := effect_of(plan, name)) and one.entitled}
    if not tiers:
        raise NotMapped("no effect in the target's file is for some tiers alone (`entitled`)")
    if not evidence.asks(tiers):
        raise NotMapped("no customer of this run asked for what is for some tiers alone")
    ops = [index for index, name in enumerate(plan.operations) if name in tiers]
    promised = [
        Given(
            plan.operations[keys.op[row]],
            keys.business[row].decode(errors="replace"),
            (evidence.t0_ms or 0.0) + int(keys.ended_ns[row]) / 1e6,
            who := int(keys.customer[row]),
            evidence.tier(who),
        )
        for row in np.flatnonzero(np.isin(keys.op, ops) & (keys.outcome == Outcome.SUCCESS)).tolist()
    ]
    return Eligibility(tiers, promised, _recorded(evidence, tiers))


def _recorded(evidence: "Evidence", tiers: dict[str, tuple[TierName, ...]]) -> list[Given]:
    effects = evidence.table("effects")
    ops, business, customer, at_ms = column(effects, "op"), *(optional(effects, name) for name in ("business", "customer", "at_ms"))
    return [
        Given(str(ops[row]), str(business[row]), float(at_ms[row] or 0), who := int(customer[row]), evidence.tier(who))
        for row in np.flatnonzero(np.isin(ops, list(tiers)) & known(customer)).tolist()
    ]
