"""Where latency lay."""

from reports.output.html import figure
from reports.output.report import Report

ORDER = 60
TITLE = "Latency"
HALF = True
PLAN = ("P5-01", "P6-06")


def section(report: Report) -> str:
    """The heat map."""
    return figure(
        report.charts.get("heatmap"),
        "From the first intent to the final answer, retries included; the stronger the colour, the more operations. "
        "The line is the 99th percentile of each second.",
    )
