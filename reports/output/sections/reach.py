"""Whom the warm-up reached."""

from reports.measures.reach import warm_up_reach
from reports.output.html import table
from reports.output.report import Report

ORDER = 26
TITLE = "Reach of the warm-up"
HALF = True
PLAN = ("P6-05",)

_HEAD = ("Channel", "Expected", "Shown", "Customers", "Of those who came", "Customers, whole run")


def section(report: Report) -> str:
    """How often customers were to be shown something by each channel, and were; nothing where there was no warm-up."""
    found = warm_up_reach(report.evidence)
    if found is None:
        return ""
    rows = [
        (
            one.channel,
            f"{one.expected:,}",
            f"{one.shown:,}",
            f"{one.customers:,}",
            f"{one.customers / found.customers * 100:.1f} %" if found.customers else "–",
            f"{one.customers_in_all:,}",
        )
        for one in found.channels
    ]
    return table(_HEAD, rows, numbers=range(1, 6))
