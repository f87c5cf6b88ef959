"""Each drill: the system is itself again by the deadline, and stays so."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, Status
from reports.measures.own_delay import without_it
from reports.measures.recovery import Recovery, least_of

ID = "recovery"
TITLE = "Recovered by the deadline, and for good"
KIND = Kind.RECOVERY
PLAN = ("P5-03",)


def check(evidence: Evidence) -> list[Finding]:
    """RTO of each drill that struck, against its deadline."""
    return [_rto(recovery, evidence) for recovery in evidence.recoveries]


def _rto(recovery: Recovery, evidence: Evidence) -> Finding:
    deadline_s = recovery.strike.drill.deadline
    name = f"recovery of {recovery.id}"
    about = (About.PULSE,)
    if recovery.rto_s is None:
        reason = recovery.reasons.get("rto_s", "there was no pulse")
        return Finding(name, Status.INVALID, None, deadline_s, "s", f"{recovery.id}: {reason}", about=about)
    worst = max(recovery.paths, key=lambda path: (path.censored, path.rto_s or 0.0))
    censored, seen = recovery.rto_censored, recovery.rto_s >= deadline_s
    if not censored:
        detail = f"{recovery.id}: recovered {recovery.rto_s:g} s after the fault, last on {worst.operation}"
        status = Status.PASS if recovery.rto_s <= deadline_s else Status.FAIL
    else:
        detail = f"{recovery.id}: {worst.operation} had not recovered {recovery.rto_s:g} s after the fault"
        detail += "" if seen else f", and the load ended before the deadline of {deadline_s:g} s"
        status = Status.FAIL if seen else Status.INVALID
    if (
        status is Status.FAIL
        and (least_s := least_of(recovery.strike, evidence, lambda path: path.rto_s)) is not None
        and least_s <= deadline_s
    ):
        status, detail = Status.INVALID, detail + without_it(least_s, "s")
    return Finding(name, status, recovery.rto_s, deadline_s, "s", detail, _paths(recovery), about=about, censored=censored)


def _paths(recovery: Recovery) -> tuple[str, ...]:
    return tuple(f"{path.operation}: {'> ' if path.censored else ''}{path.rto_s:g} s" for path in recovery.paths if path.rto_s is not None)
