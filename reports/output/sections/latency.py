"""Where latency lay."""

from reports.output.html import figure
from reports.output.report import Report

ORDER = 60
TITLE = 'Latency <span class="zh" lang="zh-Hans">响应时间分布</span>'
HALF = True
PLAN = ("P5-01", "P6-06")


def section(report: Report) -> str:
    """The heat map."""
    return figure(
        report.charts.get("heatmap"),
        "From the first intent to the final answer, retries included; the stronger the colour, the more operations. "
        "The line is the 99th percentile of each second.",
    )
