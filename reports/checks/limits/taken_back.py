"""What was broken on purpose was taken back, which is apart from whether the system recovered from it."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import few, many
from scenarios.run.fault_event_kinds import FaultInjecting, FaultNotUndone, FaultUndone

ID = "taken-back"
TITLE = "What was broken was taken back"
KIND = Kind.RECOVERY


def check(evidence: Evidence) -> list[Finding]:
    """The faults that were injected. One of which nobody tells that its undo was tried proves nothing here: others say so."""
    broken = {event.facts.lease for event in evidence.of_kind(FaultInjecting)}
    undone = {event.facts.lease for event in evidence.of_kind(FaultUndone)}
    left = {event.facts.lease for event in evidence.of_kind(FaultNotUndone)} - undone
    if not broken or broken - undone - left:
        return []
    said = [f"{strike.id}: {strike.not_undone}" for strike in evidence.strikes if strike.not_undone]
    detail = said[0] if said else f"{many(len(undone), 'fault')}, each taken back"
    return [judged(not left, ID, len(left), 0, "faults", detail, few(said))]
