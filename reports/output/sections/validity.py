"""Whether the rehearsal can be trusted."""

from reports.finding import Kind
from reports.output.html import findings_table
from reports.output.report import Report

ORDER = 90
TITLE = "Can it be trusted?"


def section(report: Report) -> str:
    """What the generator and its evidence must keep."""
    return findings_table(report.of_kind(Kind.VALIDITY))
