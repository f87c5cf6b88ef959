"""Whoever wrote events came to the end: the last line of each file is the mark of it, and the door's seals the run."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, trusted
from reports.formatting import few, many

ID = "event-ends"
TITLE = "The events go on to the end"
KIND = Kind.VALIDITY
EXPLAINED_BY = ("processes", "whole-run")


def check(evidence: Evidence) -> Finding:
    """Files of events without their end."""
    if not evidence.events:
        raise NoEvidence("there are no events")
    cut = evidence.unended_chains
    detail = cut[0] if cut else f"{many(len({event.writer for event in evidence.events}), 'writer')} came to the end"
    return trusted(not cut, ID, len(cut), 0, "files", detail, few(cut))
