"""How soon customers got by another way (`instead_of`) what a fault had taken from the ordinary one.

With zero the start of the injection: time to another way = the first answer to a success of an operation that does another's work - zero.
Where there was none before the load ended, or before the next strike, it takes longer than that: censored.
"""

from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence
from reports.measures.books import other_ways
from reports.measures.drill_outcomes import StrikeOutcome
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


def time_to_another_way(strike: StrikeOutcome, evidence: "Evidence") -> tuple[float, bool]:
    """In seconds, and whether it is longer than that.

    Raises:
        NoEvidence: the target's file knows no other way (`instead_of`).
    """
    plan, keys, zero_s = evidence.plan, evidence.keys, strike.zero_s or 0.0
    ways = [plan.operations.index(name) for name in other_ways(plan)]
    if not ways:
        raise NoEvidence("no operation in the target's file does another's work (`instead_of`)")
    ends_s = min(evidence.load_ends_s, strike.next_zero_s)
    at_s = keys.ended_ns[np.isin(keys.op, ways) & (keys.outcome == Outcome.SUCCESS)] / 1e9
    then = at_s[(at_s >= zero_s) & (at_s <= ends_s)]
    return (float(then.min()) - zero_s, False) if len(then) else (ends_s - zero_s, True)
