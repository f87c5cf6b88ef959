"""Who waits for a person is responded to in turn: whoever stood in the line before is not overtaken, and not left behind."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind
from reports.formatting import many, number
from reports.measures.offenders import none_wrong
from reports.measures.turns import Overtaken, lines, overtaken

ID = "turns"
TITLE = "Who waits is answered in turn"
KIND = Kind.INVARIANT
PLAN = ("P5-08", "P5-09")


def check(evidence: Evidence) -> Finding:
    """Everybody in each line against those who were told that they stand in it before they had asked."""
    found = lines(evidence)
    wrong = [_told(one) for line, waiting in found.items() for one in overtaken(line, waiting)]
    waited = ", ".join(f"{many(len(waiting), 'customer')} for {line}" for line, waiting in found.items())
    return none_wrong(ID, wrong, "customers", f"{waited}; {len(wrong) or 'none'} before their turn")


def _told(one: Overtaken) -> str:
    first, later = one.first, one.later
    behind_s = (first.answered_ms - later.answered_ms) / 1000
    waits = "waits still" if behind_s == float("inf") else f"was answered {number(behind_s, 1)} s after"
    return f"{one.line}: customer {later.customer} before customer {first.customer}, who came first and {waits}"
