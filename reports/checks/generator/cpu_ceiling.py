"""No load process was at its ceiling for long: its engine is one thread, so one core is all that it can use."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import number
from reports.measures.health import longest_spell, readings, worst

ID = "cpu-ceiling"
TITLE = "The generator had power to spare"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC, About.PULSE)


def check(evidence: Evidence) -> Finding:
    """The longest time in a row that a load process spent at its ceiling."""
    trust = evidence.plan.scenario.trust
    found = readings(evidence, lambda second: second.cpu_share)
    spell, most = longest_spell(found, trust.cpu_ceiling), worst(found)
    detail = f"load processes used at most {number(most.value * 100, 0)} % of a core"
    if spell.lasts_s:
        detail = f"{spell.writer} was at {number(trust.cpu_ceiling * 100, 0)} % of a core or more for {spell}; start more --workers"
    return trusted(spell.lasts_s <= trust.cpu_ceiling_s, ID, round(spell.lasts_s, 3), trust.cpu_ceiling_s, "s", detail)
