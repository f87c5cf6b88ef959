"""The system can tell its books once everything is taken back that was broken on purpose."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import few, many
from scenarios.run.event_kinds import ReadbackCaptured, ReadbackMissing
from scenarios.run.fault_event_kinds import FaultInjecting, FaultUndone

ID = "books-told"
TITLE = "The system can tell its books"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> list[Finding]:
    """Tables that it would not tell when it was asked again, every fault undone. What was not asked again proves nothing here.

    A target that was gone before the first request has had nothing to write down.
    """
    undone = {event.facts.lease for event in evidence.of_kind(FaultUndone)}
    broken = {event.facts.lease for event in evidence.of_kind(FaultInjecting)} - undone
    asked_again = [event.facts for event in evidence.of_kind(ReadbackMissing) if event.facts.again]
    told = len({event.facts.table for event in evidence.of_kind(ReadbackCaptured)})
    refused = {facts.table: facts.reason for facts in asked_again if facts.unavailable}
    if broken or evidence.asked_in_vain or not (refused or told):
        return []
    detail = f"{many(told, 'table')} told"
    if refused:
        detail = f"nothing is broken any more, and it still does not tell {', '.join(sorted(refused))}"
    return [judged(not refused, ID, len(refused), 0, "tables", detail, few(f"{name}: {refused[name]}" for name in sorted(refused)))]
