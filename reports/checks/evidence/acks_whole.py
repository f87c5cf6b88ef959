"""Every operation that changes something has its ack: nothing was sent without its intent written first."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import many
from reports.measures.arrays import among
from scenarios.run.records import FLAG_NOT_SENT, FLAG_UNSENT, STREAM_FOREIGN

ID = "acks-whole"
TITLE = "Every effect asked for is on record"
KIND = Kind.VALIDITY
TAINTS = (About.EFFECTS,)


def check(evidence: Evidence) -> Finding:
    """Samples of effectful operations, against the acks; other people's Locust users write none."""
    samples = evidence.samples
    mine = np.isin(samples["operation_index"], sorted(evidence.effectful)) & (samples["flags"] & (FLAG_UNSENT | FLAG_NOT_SENT) == 0)
    mine &= samples["operation_id"] >> np.uint64(60) != STREAM_FOREIGN
    asked = np.unique(samples["operation_id"][mine])
    missing = int(np.count_nonzero(~among(asked, evidence.acks["operation_id"])))
    detail = f"{many(len(asked), 'operation')} that change something, {missing or 'none'} without an ack"
    return trusted(missing == 0, ID, missing, 0, "operations", detail)
