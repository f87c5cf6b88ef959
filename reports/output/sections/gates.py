"""The scenario's limits."""

from reports.finding import Kind
from reports.output.html import findings_table
from reports.output.report import Report

ORDER = 40
TITLE = "Gates"
PLAN = ("P5-01",)


def section(report: Report) -> str:
    """Gates and recoveries, measured against their limits."""
    said = report.of_kind(Kind.GATE, Kind.RECOVERY)
    return findings_table(said) if said else "<p>The scenario sets no gates.</p>"
