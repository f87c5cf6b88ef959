"""Each drill: the system is itself again by the deadline, and stays so."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, Status
from reports.measures.recovery import Recovery

ID = "recovery"
TITLE = "Recovered by the deadline, and for good"
KIND = Kind.RECOVERY
PLAN = ("P5-03",)


def check(evidence: Evidence) -> list[Finding]:
    """RTO of each drill that struck, against its deadline."""
    return [_rto(recovery) for recovery in evidence.recoveries]


def _rto(recovery: Recovery) -> Finding:
    deadline_s = recovery.strike.drill.deadline
    name = f"recovery of {recovery.id}"
    about = (About.PULSE,)
    if recovery.rto_s is None:
        reason = recovery.reasons.get("rto_s", "there was no pulse")
        return Finding(name, Status.INVALID, None, deadline_s, "s", f"{recovery.id}: {reason}", about=about)
    worst = max(recovery.paths, key=lambda path: (path.censored, path.rto_s or 0.0))
    if recovery.rto_censored:
        seen = recovery.rto_s >= deadline_s
        detail = f"{recovery.id}: {worst.operation} had not recovered {recovery.rto_s:g} s after the fault"
        detail += "" if seen else f", and the load ended before the deadline of {deadline_s:g} s"
        status = Status.FAIL if seen else Status.INVALID
        return Finding(name, status, recovery.rto_s, deadline_s, "s", detail, _paths(recovery), about=about, censored=True)
    status = Status.PASS if recovery.rto_s <= deadline_s else Status.FAIL
    detail = f"{recovery.id}: recovered {recovery.rto_s:g} s after the fault, last on {worst.operation}"
    return Finding(name, status, recovery.rto_s, deadline_s, "s", detail, _paths(recovery), about=about)


def _paths(recovery: Recovery) -> tuple[str, ...]:
    return tuple(f"{path.operation}: {'> ' if path.censored else ''}{path.rto_s:g} s" for path in recovery.paths if path.rto_s is not None)
