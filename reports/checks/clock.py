"""T0 is known on both clocks."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind, trusted

ID = "clock"
TITLE = "Everybody had the same T0"
KIND = Kind.VALIDITY


def check(evidence: Evidence) -> Finding:
    """T0 in the plan, on the monotonic clock and on the wall's."""
    fixed = evidence.plan.t0_monotonic_ns != 0 and evidence.t0_ms is not None
    return trusted(fixed, ID, None, None, "", f"T0 is {evidence.plan.t0_wall}" if fixed else "T0 was never fixed")
