"""Every drill struck, and its fault showed by its own probe."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import few, many
from reports.measures.drill_outcomes import unplanned
from scenarios.run.event_kinds import GateBreached

ID = "fault-effect"
TITLE = "Every planned fault really happened"
KIND = Kind.VALIDITY
TAINTS = (About.PULSE, About.EFFECTS)
EXPLAINED_BY = ("plug-ins", "processes", "whole-run")


def check(evidence: Evidence) -> list[Finding]:
    """The strikes of the plan; one that was due while a gate was already broken that stopped the run owes nothing.

    A strike that events tell of and the plan has not is somebody else's: then nobody knows what was broken.
    """
    stopped_s = min((event.facts.from_s for event in evidence.of_kind(GateBreached)), default=float("inf"))
    ours = [strike for strike in evidence.strikes if not strike.observed]
    due = [strike for strike in ours if strike.planned.at_s <= stopped_s or strike.zero_s is not None]
    trouble = [strike.trouble for strike in due if strike.trouble]
    trouble += [f"the events tell of {strike}, which the scenario has not" for strike in unplanned(evidence.plan.scenario, evidence.events)]
    if not due and not trouble:
        return []
    detail = trouble[0] if trouble else f"{many(len(due), 'strike')}, each with its effect confirmed"
    return [trusted(not trouble, ID, len(trouble), 0, "strikes", detail, few(trouble))]
