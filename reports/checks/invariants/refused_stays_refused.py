"""What was refused, shed or failed for certain has no effect."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import few, many
from scenarios.run.outcomes import Outcome

ID = "refused-stays-refused"
TITLE = "A no leaves no trace"
KIND = Kind.INVARIANT
READS = ("effects",)


def check(evidence: Evidence) -> Finding:
    """Every key that folds to a definite no, looked up in the read-back."""
    reconciled = evidence.reconciliation
    refused_present = reconciled.refused_present
    keys = reconciled.keys
    refused = int(np.count_nonzero(~np.isin(keys.outcome, (Outcome.SUCCESS, Outcome.UNKNOWN))))
    return judged(
        not refused_present.any(),
        ID,
        int(refused_present.sum()),
        0,
        "operations",
        f"{int(refused_present.sum()) or 'none'} of {many(refused, 'operation')} that ended in a no took effect all the same",
        few(
            f"{evidence.plan.operations[keys.op[row]]} {keys.business[row].decode(errors='replace')}: "
            f"{Outcome(int(keys.outcome[row])).label}, and yet there"
            for row in np.flatnonzero(refused_present).tolist()
        ),
    )
