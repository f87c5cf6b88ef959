"""What became of the customers whom each channel brought."""

from reports.finding import NoEvidence, NotMapped
from reports.measures.funnels import channel_funnels
from reports.output.funnel import by_group
from reports.output.report import Report

ORDER = 72
TITLE = "Channels"
HALF = True
PLAN = ("P3-04", "P3-07", "P3-08", "P4-05", "P4-06", "P4-08")


def section(report: Report) -> str:
    """The funnel of all who came by a link, and a row for each channel; nothing where nobody came by one."""
    try:
        return by_group("Channel", "came by a link", channel_funnels(report.evidence))
    except (NotMapped, NoEvidence):
        return ""
