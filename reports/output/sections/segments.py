"""What became of the customers of each segment."""

from reports.finding import NotMapped
from reports.measures.funnels import segment_funnels
from reports.output.funnel import by_group
from reports.output.report import Report

ORDER = 72
TITLE = "Segments"
HALF = True
PLAN = ("P1-09", "P1-10", "P1-11", "P1-12")


def section(report: Report) -> str:
    """The funnel of all who asked for something, and a row for each segment; nothing where the crowd has none."""
    try:
        return by_group("Segment", "asked for something", segment_funnels(report.evidence))
    except NotMapped:
        return ""
