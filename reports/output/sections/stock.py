"""How the prizes went."""

from reports.output.html import figure
from reports.output.report import Report

ORDER = 70
TITLE = 'Stock <span class="zh" lang="zh-Hans">库存消耗</span>'
HALF = True
PLAN = ("P4-12", "P6-07")


def section(report: Report) -> str:
    """The burn-down, where the read-back tells it."""
    return figure(report.charts.get("burndown"), "Prizes left, by the server's own times of the grants.")
