"""The generator's processes were never held up for long, by whatever: a stopped process, a lost core, a pause of its machine."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import few, milliseconds
from reports.measures.health import readings, worst

ID = "stalls"
TITLE = "The generator was never held up"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC, About.PULSE)


def check(evidence: Evidence) -> Finding:
    """The longest that something due has waited for a load process."""
    found = readings(evidence, lambda second: second.stall_ms)
    limit, longest = evidence.plan.scenario.trust.stall_ms, worst(found)
    over = [f"{one}: {milliseconds(one.value)}" for one in found if one.value > limit]
    detail = f"the longest stall of a load process is {milliseconds(longest.value)}, at {longest.at_s:.1f} s"
    return trusted(longest.value <= limit, ID, longest.value, limit, "ms", detail, few(over))
