"""The system's scheduler gave the engines a core when they needed one."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import number
from reports.measures.health import longest_spell, readings, worst
from scenarios.run.event_kinds import LoadHealth

ID = "core-waits"
TITLE = "The generator had a core to run on"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC, About.PULSE)


def check(evidence: Evidence) -> Finding | list[Finding]:
    """The longest time in a row in which an engine mostly waited for a core. Not every system tells; `stalls` sees single pauses on all."""
    trust = evidence.plan.scenario.trust
    health = evidence.of_kind(LoadHealth)
    if health and all(event.facts.run_delay_share is None for event in health):
        return []
    found = readings(evidence, lambda second: second.run_delay_share)
    spell, most = longest_spell(found, trust.core_wait_share), worst(found)
    detail = f"in its worst second an engine waited {number(most.value * 100, 0)} % of the time for a core"
    if spell.lasts_s:
        detail = f"{spell.writer} waited {number(trust.core_wait_share * 100, 0)} % of the time or more for a core for {spell}"
    return trusted(spell.lasts_s <= trust.core_wait_s, ID, round(spell.lasts_s, 3), trust.core_wait_s, "s", detail)
