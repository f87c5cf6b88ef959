"""Every operation that changes something has its ack: nothing was sent without its intent written first."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import many

ID = "acks-whole"
TITLE = "Every effect asked for is on record"
KIND = Kind.VALIDITY
TAINTS = (About.EFFECTS,)
EXPLAINED_BY = ("processes", "whole-run")


def check(evidence: Evidence) -> Finding:
    """Samples of effectful operations, against the acks; other people's Locust users write none."""
    asked, missing = evidence.effects_asked, evidence.effects_without_ack
    detail = f"{many(asked, 'operation')} that change something, {missing or 'none'} without an ack"
    return trusted(missing == 0, ID, missing, 0, "operations", detail)
