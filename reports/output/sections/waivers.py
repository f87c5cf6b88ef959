"""What the scenario does not ask for, and why."""

from reports.output.html import named, table, text
from reports.output.report import Report

ORDER = 100
TITLE = "Waived"


def section(report: Report) -> str:
    """The scenario's waivers, if there are any."""
    waivers = report.evidence.plan.scenario.waive
    if not waivers:
        return ""
    return table(("Check", "Reason"), ((f"<code>{text(waiver.check)}</code>", named(waiver.reason)) for waiver in waivers))
