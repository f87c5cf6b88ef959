"""How far customers climbed the task ladder."""

from reports.finding import NoEvidence, NotMapped
from reports.measures.ladder import ladder
from reports.output.funnel import funnel
from reports.output.html import text
from reports.output.report import Report

ORDER = 72
TITLE = "Task ladder"
HALF = True
PLAN = ("P2-09",)


def section(report: Report) -> str:
    """Customers by the rungs that they have done, by the read-back; nothing where nobody climbed."""
    try:
        steps = ladder(report.evidence).steps
    except (NotMapped, NoEvidence):
        return ""
    people = {rung: len({step.customer for step in steps if step.rung == rung}) for rung in sorted({step.rung for step in steps})}
    return funnel([(text(f"rung {rung}"), count) for rung, count in people.items()])
