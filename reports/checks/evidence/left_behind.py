"""Nothing was left broken or running: a rehearsal that could not take back what it broke is not over."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted
from reports.formatting import few
from scenarios.run.event_kinds import RunLeftover

ID = "left-behind"
TITLE = "Nothing was left broken or running"
KIND = Kind.VALIDITY
TAINTS = ()
EXPLAINED_BY = ("processes",)


def check(evidence: Evidence) -> Finding:
    """Faults that could not be taken back, and a world that did not go down."""
    left = [event.facts.what for event in evidence.of_kind(RunLeftover)]
    detail = f"left behind: {left[0]}" if left else "whatever was broken or started was taken back"
    return trusted(not left, ID, len(left), 0, "things", detail, few(left))
