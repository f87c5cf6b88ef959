"""Plan, samples, acks and read-back are as they were recorded: by this run, whole, unchanged."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted
from reports.formatting import few, many

ID = "sealed"
TITLE = "Nothing was changed since it was recorded"
KIND = Kind.VALIDITY
EXPLAINED_BY = ("processes", "whole-run")


def check(evidence: Evidence) -> Finding:
    """What differs from its seal, or has none: its writer was killed before it could seal it."""
    changed = evidence.changed
    recorded = f"{many(len(evidence.samples), 'sample')} and {many(len(evidence.acks), 'ack')}"
    detail = changed[0] if changed else f"{recorded} are as they were recorded"
    return trusted(not changed, ID, len(changed), 0, "files", detail, few(changed))
