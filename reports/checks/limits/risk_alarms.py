"""What the plan watches for risk stays below the limits that the scenario gives it."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, Status
from reports.formatting import few, many, number
from reports.measures.risk_alarms import Alarm, alarms

ID = "risk-alarms"
TITLE = "No figure of risk is beyond its limit"
KIND = Kind.GATE
PLAN = ("P6-04",)


def check(evidence: Evidence) -> list[Finding]:
    """Small sums moved again and again, proofs that failed, complaints: each by its limit, and when that was passed."""
    found = alarms(evidence)
    if not found:
        return []
    over = [_sentence(one) for one in found if one.fires]
    detail = over[0] if over else f"{many(len(found), 'figure')} of risk, none beyond its limit"
    status = Status.FAIL if over else Status.PASS
    return [Finding(ID, status, len(over), 0, "figures", detail, few(over), about=(About.TRAFFIC,))]


def _sentence(one: Alarm) -> str:
    passed = "" if one.passed_s is None else f", passed at {one.passed_s:.1f} s"
    return f"{one.what}: {number(one.value, 1)}, {number(one.limit, 1)} may be{passed}"
