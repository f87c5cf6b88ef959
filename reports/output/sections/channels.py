"""What became of the customers whom each channel brought."""

from reports.finding import NoEvidence, NotMapped
from reports.measures.channel_funnels import ChannelFunnel, channel_funnels
from reports.output.funnel import funnel
from reports.output.html import named, table
from reports.output.report import Report

ORDER = 72
TITLE = "Channels"
HALF = True
PLAN = ("P3-04", "P3-07", "P3-08", "P4-05", "P4-06", "P4-08")


def section(report: Report) -> str:
    """The funnel of all who came by a link, and a row for each channel; nothing where nobody came by one."""
    try:
        found = channel_funnels(report.evidence)
    except (NotMapped, NoEvidence):
        return ""
    whole = ChannelFunnel("", *(sum(getattr(one, step) for one in found) for step in ("came", "acted", "paid", "granted")))
    steps = (
        ("came by a link", whole.came),
        ("did anything", whole.acted),
        ("moved money", whole.paid),
        ("were granted something", whole.granted),
    )
    rows = [(named(one.channel), *(f"{count:,}" for count in (one.came, one.acted, one.paid, one.granted))) for one in found]
    return funnel(steps) + table(("Channel", "Came", "Acted", "Moved money", "Were granted"), rows, numbers=range(1, 5))
