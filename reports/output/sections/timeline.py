"""The run over time."""

from reports.output.html import figure, text
from reports.output.report import Report
from scenarios.run.event_kinds import GateBreached

ORDER = 20
TITLE = "What happened"
PLAN = ("P6-06",)


def section(report: Report) -> str:
    """The timeline chart."""
    told = "Customers only, the pulse apart. Operations stand in the second of their first intent."
    if report.evidence.recoveries:
        told += (
            " A red line is a fault, a dashed blue one the promotion, a green one the recovery; the shade behind each is its uncertainty, "
            "from the injection call to the confirmed effect."
        )
    for event in report.evidence.of_kind(GateBreached):
        told += f" A gate stopped the run at {event.at_s:.1f} s: {text(event.facts.gate)}. The shade marks the time in which it was broken."
    return figure(report.charts.get("timeline"), told)
