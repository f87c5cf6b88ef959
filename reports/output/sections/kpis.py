"""What the service reports of its own success, beside what customers know of it."""

from reports.finding import NoEvidence, NotMapped
from reports.measures.kpis import Count, things_a_person
from reports.output.html import table
from reports.output.report import Report

ORDER = 78
TITLE = "What the service reports"
PLAN = ("P1-06", "P6-02")


def section(report: Report) -> str:
    """Each operation: how often it was done and by how many, by both; nothing where the service reports nothing."""
    try:
        found = report.evidence.kpis
    except (NotMapped, NoEvidence):
        return ""
    rows = [(f"<code>{kpi.op}</code>", _count(kpi.done), _told(kpi.told), _count(kpi.people), _told(kpi.told_people)) for kpi in found]
    heads = ("Operation", "Done, by customers", "By the service", "Customers, by themselves", "By the service")
    words = f"<p>A customer who did anything did {things_a_person(report.evidence.keys):.1f} different things.</p>"
    return table(heads, rows, numbers=(1, 2, 3, 4)) + words


def _count(count: Count) -> str:
    return f"{count.least:,}" if count.least == count.most else f"{count.least:,} to {count.most:,}"


def _told(figure: int | None) -> str:
    return "–" if figure is None else f"{figure:,}"
