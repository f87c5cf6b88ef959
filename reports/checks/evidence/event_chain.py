"""The events are as they were written: every line follows the one before it.

Where they are not, little else can be told of the run, and whatever else cannot be told is explained by this.
"""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, trusted
from reports.formatting import few, many

ID = "event-chain"
TITLE = "The events are as they were written"
KIND = Kind.VALIDITY


def check(evidence: Evidence) -> Finding:
    """Broken hash chains."""
    if not evidence.events and not evidence.broken_chains:
        raise NoEvidence("there are no events")
    broken = evidence.broken_chains
    detail = broken[0] if broken else f"{many(len(evidence.events), 'event')}, each in its chain"
    return trusted(not broken, ID, len(broken), 0, "chains", detail, few(broken))
