"""What was acknowledged is there afterwards, and what was accepted has come to an end."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few
from reports.measures.arrays import Bools
from scenarios.run.outcomes import Outcome

ID = "acknowledged-survives"
TITLE = "What was acknowledged is there"
KIND = Kind.INVARIANT
READS = ("effects",)


def check(evidence: Evidence) -> list[Finding]:
    """Every acknowledged key looked up in the read-back."""
    reconciled = evidence.reconciliation
    acknowledged = int(np.count_nonzero(reconciled.keys.outcome == Outcome.SUCCESS))
    lost, unsettled = reconciled.lost, reconciled.unsettled
    unknown = int(np.count_nonzero(reconciled.unknown_present)), int(np.count_nonzero(reconciled.unknown_absent))
    if reconciled.unseen and not lost.any():
        raise NoEvidence(f"the read-back has no effects of {', '.join(reconciled.unseen)}")
    return [
        judged(
            not lost.any(),
            ID,
            int(lost.sum()),
            0,
            "operations",
            f"{int(lost.sum()) or 'none'} of {acknowledged:,} acknowledged operations lost"
            + (f"; of {sum(unknown)} unknown {unknown[0]} are there and {unknown[1]} are not" if any(unknown) else ""),
            few(_names(evidence, lost)),
        ),
        judged(
            not unsettled.any(),
            "accepted-settles",
            int(unsettled.sum()),
            0,
            "operations",
            f"{int(unsettled.sum()) or 'none'} of {int(np.count_nonzero(reconciled.keys.accepted)):,} accepted operations left hanging",
            few(_names(evidence, unsettled)),
            title="What was accepted comes to an end",
        ),
    ]


def _names(evidence: Evidence, which: Bools) -> list[str]:
    keys = evidence.reconciliation.keys
    order = np.flatnonzero(which)[np.argsort(keys.ended_ns[which], kind="stable")]
    names = evidence.plan.operations
    return [
        f"{names[keys.op[row]]} {keys.business[row].decode(errors='replace')}, answered at {keys.ended_ns[row] / 1e9:.3f} s"
        for row in order.tolist()
    ]
