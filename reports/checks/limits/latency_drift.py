"""Answers do not get slower because the run goes on: what leaks or piles up in a minute brings a campaign down in an hour."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, Status
from reports.formatting import milliseconds, number
from reports.measures.calm import calm_spans
from reports.measures.trend import trend

ID = "latency-drift"
TITLE = "Answers do not get slower with the run"
KIND = Kind.GATE

_TAU = 0.7
_LEAST_MS = 10.0
_LEAST_S = 30.0
_ABOVE_NOISE = 12


def check(evidence: Evidence) -> list[Finding]:
    """Growth of service times over the calm of the run, the load's own share apart.

    It must show in each part of the run and in almost every comparison, be more than ten milliseconds, more than double what was usual, and
    stand out from the noise. Half a minute of calm is the least: in less a busy machine looks like a leak.
    """
    spans = calm_spans(evidence)
    found = trend(evidence.customer_attempts.operations, spans) if sum(end - start for start, end in spans) >= _LEAST_S else None
    if found is None:
        return []
    limit_ms = max(_LEAST_MS, found.usual_ms, _ABOVE_NOISE * found.noise_ms)
    drifts = found.steady and found.tau >= _TAU and found.low_ms_per_s > 0 and found.growth_ms > limit_ms
    slope = f"{number(found.ms_per_s)} ms a second ({number(found.low_ms_per_s)} to {number(found.high_ms_per_s)})"
    detail = f"answers grow slower by {slope}, the load's own share apart: {milliseconds(found.growth_ms)} in {number(found.lasts_s, 0)} s"
    if not drifts:
        detail = f"answers do not get slower with the run: {slope}, in {number(100 * (1 + found.tau) / 2, 0)} % of the comparisons"
    measured_ms = round(max(0.0, found.growth_ms), 3)
    status = Status.FAIL if drifts else Status.PASS
    return [Finding(ID, status, measured_ms if drifts else None, round(limit_ms, 3), "ms", detail, about=(About.TRAFFIC,))]
