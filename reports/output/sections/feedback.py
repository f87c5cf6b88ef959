"""What customers had to say, and what to mend first."""

from collections.abc import Sequence

from reports.finding import NoEvidence, NotMapped
from reports.measures.feedback import Feedback, Grievance, feedback
from reports.output.bars import Bar, bars, percent
from reports.output.html import named, table
from reports.output.report import Report

ORDER = 78
TITLE = "What to mend first"
PLAN = ("P6-08",)

_MOST = 8


def section(report: Report) -> str:
    """Operations by the tickets of those whom they had failed, and tickets by category; nothing where nobody opened one."""
    try:
        found = feedback(report.evidence)
    except (NotMapped, NoEvidence):
        return ""
    return _mend(found.grievances[:_MOST], found) + _categories(found)


def _mend(grievances: Sequence[Grievance], found: Feedback) -> str:
    rows = [(named(one.op), f"{one.failed:,}", f"{one.refused:,}", f"{one.complained:,}") for one in grievances]
    if robot := found.robot:
        rows.append(("questions that the robot did not answer", f"{robot.asked - robot.answered_rightly:,}", "–", "–"))
    if not rows:
        return ""
    chart = bars([_bar(one) for one in grievances], "Customers whom it had failed or told no; filled: who opened a ticket after that.")
    return chart + table(("What did not go as asked", "Went wrong for", "Told no", "Opened a ticket afterwards"), rows, numbers=(1, 2, 3))


def _bar(one: Grievance) -> Bar:
    had = one.failed + one.refused
    return Bar(named(one.op), had, percent(one.complained, had), one.complained / had if had else 0.0, bad=True)


def _categories(found: Feedback) -> str:
    whole = sum(count for _, count in found.categories)
    chart = bars([Bar(named(name), count, percent(count, whole)) for name, count in found.categories], "Tickets by their category.")
    kinds = [(named(name), f"{count:,}", f"{count / whole * 100:.1f} %") for name, count in found.categories]
    return chart + (table(("Category of tickets", "Tickets", "Share"), kinds, numbers=(1, 2)) if kinds else "")
