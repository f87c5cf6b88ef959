"""What must hold whatever happens."""

from reports.finding import Kind
from reports.output.html import findings_table
from reports.output.report import Report

ORDER = 50
TITLE = "Invariants"


def section(report: Report) -> str:
    """Every invariant, audited against the read-back."""
    return findings_table(report.of_kind(Kind.INVARIANT))
