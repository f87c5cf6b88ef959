"""Nothing that was plugged in raised: a customer, a blow or a picture that is missing is no rehearsal of what was planned."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted
from reports.formatting import few
from scenarios.run.event_kinds import PluginFailed

ID = "plug-ins"
TITLE = "Everything that was plugged in did its work"
KIND = Kind.VALIDITY


def check(evidence: Evidence) -> Finding:
    """What journeys, drills, faults, sections and outlets raised, each kind of failure once."""
    broke = list(dict.fromkeys(str(event.facts) for event in evidence.of_kind(PluginFailed)))
    detail = broke[0] if broke else "no journey, drill, fault, section or outlet raised anything"
    return trusted(not broke, ID, len(broke), 0, "failures", detail, few(broke))
