"""Workers on other machines knew T0 well enough."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, trusted
from reports.formatting import few, many, milliseconds
from scenarios.run.event_kinds import LoadClock, LoadJoined

ID = "worker-clocks"
TITLE = "Workers on other machines knew T0"
KIND = Kind.VALIDITY
TAINTS = (About.TRAFFIC, About.PULSE)


def check(evidence: Evidence) -> Finding:
    """The worst error of T0 on any worker's clock: half of the shortest round trip, and what the clock has drifted since."""
    joined = {event.facts.process for event in evidence.of_kind(LoadJoined)}
    told = evidence.of_kind(LoadClock)
    unknown = sorted(joined - {event.facts.process for event in told})
    limit = evidence.plan.scenario.trust.clock_error_ms
    if unknown or not told:
        detail = "a worker never told how well it knows T0" if unknown else "all load processes had one clock"
        return trusted(not unknown, ID, None if unknown else 0.0, limit, "ms", detail, few(unknown))
    errors = [(event.facts.error_ms + event.facts.drift_ms, event) for event in told]
    worst, event = max(errors, key=lambda one: (one[0], one[1].writer, one[1].seq))
    over = sorted({f"{event.facts.process} on {event.facts.host}: {milliseconds(error)}" for error, event in errors if error > limit})
    detail = f"of {many(len(joined), 'worker')} on other machines, {event.facts.process} knew T0 worst: to {milliseconds(worst)}"
    return trusted(worst <= limit, ID, worst, limit, "ms", detail, few(over))
