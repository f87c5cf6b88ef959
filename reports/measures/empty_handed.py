"""Who asked for a prize and has none: whom a second campaign would be for."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.books import effect_of
from scenarios.run.outcomes import Outcome
from scenarios.target.fields import TierName

if TYPE_CHECKING:
    from reports.evidence import Evidence


def empty_handed(evidence: "Evidence") -> Counter[TierName]:
    """Customers by their tiers, as the run drew them, who were granted nothing of what is granted out of a stock.

    Raises:
        NotMapped: no operation of the target's grants anything, or nobody asked for it.
    """
    plan, keys = evidence.plan, evidence.keys
    ops = [index for index, name in enumerate(plan.operations) if (one := effect_of(plan, name)) and one.grants]
    asked = np.isin(keys.op, ops)
    if not asked.any():
        raise NotMapped("no customer of this run asked for a prize")
    winners = set(keys.customer[asked & (keys.outcome == Outcome.SUCCESS)].tolist())
    losers = set(keys.customer[asked].tolist()) - winners
    return Counter(map(evidence.tier, losers))
