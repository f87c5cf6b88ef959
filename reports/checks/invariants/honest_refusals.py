"""No refusal without a reason that the books bear out: sold out, no funds, claimed already, too early, over."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from scenarios.run.outcomes import Outcome

ID = "honest-refusals"
TITLE = "No refusal without a reason"
KIND = Kind.INVARIANT
READS = ("effects",)


def check(evidence: Evidence) -> Finding:
    """Refusals of effects, each against what its reason claims; those without one against the stock."""
    evidence.table("effects")
    if any(operation.effect and operation.effect.grants for operation in evidence.plan.target.operations.values()):
        evidence.table("stock")
    if evidence.t0_ms is None:
        raise NoEvidence("T0 is not known on the wall clock")
    refused = int(np.count_nonzero(evidence.acks["outcome"] == Outcome.REFUSAL))
    wrong, reasoned = len(evidence.contradicted), [refusal.sentence for refusal in evidence.false_refusals]
    plain = wrong - len({refusal.operation_id for refusal in evidence.false_refusals})
    told = [*reasoned, *([f"{many(plain, 'claim')} refused while every prize was in stock"] if plain > 0 else [])]
    return judged(
        wrong == 0,
        ID,
        wrong,
        0,
        "operations",
        f"{many(refused, 'refusal')} of effects; {wrong or 'none'} that the books contradict" + (f": {told[0]}" if told else ""),
        few(told),
    )
