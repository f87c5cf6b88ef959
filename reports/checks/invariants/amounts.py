"""The amount asked for or shown is the amount recorded."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import known, optional
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT

ID = "amounts"
TITLE = "Shown is what is recorded"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> Finding:
    """Each acknowledged amount against that of its effect, to the fen."""
    reconciled = evidence.reconciliation
    amounts = optional(evidence.table("effects"), "amount_fen")
    keys = reconciled.keys
    priced = np.flatnonzero(reconciled.present & (keys.outcome == Outcome.SUCCESS) & (keys.amount_fen != NO_AMOUNT))
    recorded = amounts[reconciled.row[priced]]
    told = known(recorded)
    if not evidence.maps("effects", "amount_fen"):
        raise NoEvidence("the read-back's effects do not tell their amount")
    wrong = [
        (place, shown, amount)
        for place, shown, amount in zip(priced[told].tolist(), keys.amount_fen[priced[told]].tolist(), recorded[told], strict=True)
        if shown != amount
    ]
    return judged(
        not wrong,
        ID,
        len(wrong),
        0,
        "effects",
        f"{many(int(told.sum()), 'amount')} compared, {len(wrong) or 'none'} recorded otherwise than shown",
        few(
            f"{keys.business[place].decode(errors='replace')}: shown {shown} fen, recorded {amount} fen"
            for place, shown, amount in sorted(wrong, key=lambda one: bytes(keys.business[one[0]]))
        ),
    )
