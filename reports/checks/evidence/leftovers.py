"""Whatever was broken was taken back and what was started taken down: what stays may have been there for longer than anybody saw."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted
from reports.formatting import few
from scenarios.run.event_kinds import RunLeftover
from scenarios.run.fault_event_kinds import FaultNotUndone, FaultUndone

ID = "leftovers"
TITLE = "Nothing was left broken or running"
KIND = Kind.VALIDITY
EXPLAINED_BY = ("processes",)


def check(evidence: Evidence) -> Finding:
    """Faults that nobody saw healed, and a world that did not go down."""
    undone = {event.facts.lease for event in evidence.of_kind(FaultUndone)}
    told = {event.facts.lease for event in evidence.of_kind(FaultNotUndone)} - undone  # by a finding of its own, `taken-back`
    left = [event.facts.what for event in evidence.of_kind(RunLeftover) if not (event.facts.lease and event.facts.lease in told)]
    detail = f"left behind: {left[0]}" if left else "nothing was left broken or running"
    return trusted(not left, ID, len(left), 0, "leftovers", detail, few(left))
