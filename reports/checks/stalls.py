"""The generator's processes were never held up for long."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, NoEvidence, trusted
from reports.wording import few, milliseconds

ID = "stalls"
TITLE = "The generator was never held up"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC, About.PULSE)


def check(evidence: Evidence) -> Finding:
    """The longest stall that any load process told of since T0; what it did before nobody waited for."""
    told = [(event.number("stall_ms"), event) for event in evidence.of_kind("load.health") if event.at_s > 0]
    stalls = [(stall, event) for stall, event in told if stall is not None]
    if not stalls:
        raise NoEvidence("no load process told of its health")
    limit = evidence.plan.scenario.trust.stall_ms
    worst, event = max(stalls, key=lambda one: (one[0], one[1].at_ns, one[1].writer))
    over = [
        f"{event.text('writer') or event.writer} at {event.at_s:.1f} s: {milliseconds(stall)}" for stall, event in stalls if stall > limit
    ]
    detail = f"the longest stall of a load process is {milliseconds(worst)}, at {event.at_s:.1f} s"
    return trusted(worst <= limit, ID, worst, limit, "ms", detail, few(over))
