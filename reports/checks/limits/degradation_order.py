"""When not all can be served, exposure and recommendation give way before claims, and claims before money."""

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, Status
from reports.formatting import measured
from reports.measures.degradation import Crowded, crowded, out_of_order

ID = "degradation-order"
TITLE = "What matters least gives way first"
KIND = Kind.GATE
PLAN = ("P1-07", "P2-06")


def check(evidence: Evidence) -> Finding:
    """What share of each class was turned away in surges; where nobody was, nothing gave way before anything else."""
    found = crowded(evidence)
    wrong = [f"{_told(late)}, more than {_told(early)}" for early, late in out_of_order(found)]
    shares = ", ".join(_told(one) for one in found if one.count)
    status = Status.FAIL if wrong else Status.PASS
    return Finding(ID, status, len(wrong), 0, "pairs of classes", f"turned away: {shares}", tuple(wrong), about=(About.TRAFFIC,))


def _told(one: Crowded) -> str:
    return f"{measured(one.share, 'ratio')} of {one.count:,} that give way {one.name}"
