"""Whatever was broken was taken back, and the target is whole again: what stays may have been there for longer than anybody saw."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted
from reports.formatting import few
from scenarios.run.event_kinds import RunLeftover

ID = "leftovers"
TITLE = "Nothing was left broken"
KIND = Kind.VALIDITY


def check(evidence: Evidence) -> Finding:
    """What the door could not take back or see healed."""
    left = [event.facts.what for event in evidence.of_kind(RunLeftover)]
    return trusted(not left, ID, len(left), 0, "leftovers", f"not healed: {left[0]}" if left else "nothing was left broken", few(left))
