"""Nobody is told "sold out" while there is stock."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import many
from scenarios.run.outcomes import Outcome

ID = "honest-refusals"
TITLE = "No refusal without a reason"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> Finding:
    """Refusals of operations that take from stock, against what the read-back shows of stock and effects."""
    evidence.table("effects")
    evidence.table("stock")
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    acks = evidence.acks
    refused = int(np.count_nonzero(acks["outcome"] == Outcome.REFUSAL))
    wrong = len(evidence.contradicted)
    return judged(
        wrong == 0,
        ID,
        wrong,
        0,
        "operations",
        f"{many(refused, 'refusal')} of effects; {many(wrong, 'claim')} refused while every prize was in stock"
        if wrong
        else f"{many(refused, 'refusal')} of effects, none that the read-back contradicts",
    )
