"""The garbage collector never held a load process up for long."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import few, milliseconds
from reports.measures.health import readings, worst

ID = "gc-pauses"
TITLE = "The garbage collector stayed out of the way"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC, About.PULSE)


def check(evidence: Evidence) -> Finding:
    """The longest pause of the collector in any load process."""
    found = readings(evidence, lambda second: second.gc_ms)
    limit, longest = evidence.plan.scenario.trust.gc_pause_ms, worst(found)
    over = [f"{one}: {milliseconds(one.value)}" for one in found if one.value > limit]
    detail = f"the longest pause of the garbage collector is {milliseconds(longest.value)}"
    detail += f", in {longest}" if longest.value else ""
    return trusted(longest.value <= limit, ID, longest.value, limit, "ms", detail, few(over))
