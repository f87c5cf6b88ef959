"""Whom the warm-up reached."""

from reports.measures.reach import Reach, warm_up_reach
from reports.output.bars import Bar, bars, percent
from reports.output.html import table, text
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
    chart = bars([_bar(one) for one in found.channels], "How often something was to be shown in the warm-up; filled: as often as it was.")
    return chart + table(_HEAD, rows, numbers=range(1, 6))


def _bar(one: Reach) -> Bar:
    return Bar(text(one.channel), one.expected, percent(one.shown, one.expected), one.shown / one.expected if one.expected else 0.0)
