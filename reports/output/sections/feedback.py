"""What customers had to say, and what to mend first."""

from reports.finding import NoEvidence, NotMapped
from reports.measures.feedback import feedback
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
    rows = [(named(one.op), f"{one.failed:,}", f"{one.refused:,}", f"{one.complained:,}") for one in found.grievances[:_MOST]]
    if robot := found.robot:
        rows.append(("questions that the robot did not answer", f"{robot.asked - robot.answered_rightly:,}", "–", "–"))
    mend = (
        table(("What did not go as asked", "Went wrong for", "Told no", "Opened a ticket afterwards"), rows, numbers=(1, 2, 3))
        if rows
        else ""
    )
    whole = sum(count for _, count in found.categories)
    kinds = [(named(name), f"{count:,}", f"{count / whole * 100:.1f} %") for name, count in found.categories]
    return mend + (table(("Category of tickets", "Tickets", "Share"), kinds, numbers=(1, 2)) if kinds else "")
