"""T0 is known on both clocks, and they kept together: windows and rules go by the wall's, the load by the monotonic one."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted
from reports.formatting import few, milliseconds
from reports.measures.health import Reading, readings, worst

ID = "clock"
TITLE = "Everybody had the same T0"
KIND = Kind.VALIDITY


def check(evidence: Evidence) -> list[Finding]:
    """T0 in the plan, on both clocks; and the largest step of the wall clock that a load process saw in a second, before T0 too."""
    fixed = evidence.plan.t0_monotonic_ns != 0 and evidence.t0_ms is not None
    return [
        trusted(fixed, ID, None, None, "", f"T0 is {evidence.plan.t0_wall}" if fixed else "T0 was never fixed"),
        _step(evidence),
    ]


def _step(evidence: Evidence) -> Finding:
    found = readings(evidence, lambda second: second.wall_step_ms, before_t0=True)
    slept = {(one.writer, one.at_s): one.value for one in readings(evidence, lambda second: second.slept_ms, before_t0=True)}
    limit, largest = evidence.plan.scenario.trust.clock_step_ms, worst(found)
    size = abs(largest.value)
    over = [_told(one, slept) for one in found if abs(one.value) > limit]
    detail = f"the wall clock {over[0]}" if over else f"the wall clock never moved more than {milliseconds(size)} in a second"
    return trusted(not over, "clock-step", size, limit, "ms", detail, few(over))


def _told(one: Reading, slept: dict[tuple[str, float], float]) -> str:
    way = "forward" if one.value > 0 else "back"
    asleep = slept.get((one.writer, one.at_s), 0.0)
    why = f" (the machine slept for {milliseconds(asleep)})" if asleep > 1 else ""
    return f"was set {way} by {milliseconds(abs(one.value))} at {one.at_s:.1f} s{why}"
