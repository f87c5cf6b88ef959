"""What became of new customers, of gold ones, and of the others."""

from reports.finding import NotMapped
from reports.measures.funnels import tier_funnels
from reports.output.funnel import by_group
from reports.output.html import text
from reports.output.report import Report

ORDER = 72
TITLE = "Tiers"
HALF = True
PLAN = ("P2-03",)


def section(report: Report) -> str:
    """The funnel of all who asked for something, and a row for each tier; nothing where the target is told of no tiers."""
    try:
        return by_group("Tier", "asked for something", tier_funnels(report.evidence), label=text)
    except NotMapped:
        return ""
