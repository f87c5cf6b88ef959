"""Every drill struck, and its fault showed by its own probe."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import few, many
from scenarios.run.event_kinds import GateBreached

ID = "fault-effect"
TITLE = "Every planned fault really happened"
KIND = Kind.VALIDITY
TAINTS = (About.PULSE, About.EFFECTS)


def check(evidence: Evidence) -> list[Finding]:
    """The drills of the plan; one that was due while a gate was already broken that stopped the run owes nothing."""
    stopped_s = min((event.facts.from_s for event in evidence.of_kind(GateBreached)), default=float("inf"))
    due = [strike for strike in evidence.strikes if strike.planned_s <= stopped_s or strike.zero_s is not None]
    if not due:
        return []
    trouble = [strike.trouble for strike in due if strike.trouble]
    detail = trouble[0] if trouble else f"{many(len(due), 'drill')} struck, each with its effect confirmed"
    return [trusted(not trouble, ID, len(trouble), 0, "drills", detail, few(trouble))]
