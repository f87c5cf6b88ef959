"""How long customers waited for a first response."""

from reports.finding import NoEvidence, NotMapped
from reports.output.html import figure, table
from reports.output.report import Report

ORDER = 74
TITLE = "First response"
HALF = True
PLAN = ("P5-09",)

_EDGES_MIN = (1, 2, 5, 10, 15, 30, 60)


def section(report: Report) -> str:
    """Tickets by the minutes of the desk's clock that they waited, the plan's line marked; nothing where there are none."""
    try:
        found = report.evidence.responses
    except (NotMapped, NoEvidence):
        return ""
    desk = report.evidence.plan.scenario.campaign.desk
    waits = [one.waited_s * desk.clock / 60 for one in found if one.answered]
    rows, below = [], 0.0
    for edge in (*_EDGES_MIN, float("inf")):
        count = sum((below < wait or not below) and wait <= edge for wait in waits)
        name = f"{below:g} to {edge:g}" if edge < float("inf") else f"more than {below:g}"
        rows.append((name + (" (late)" if below >= desk.respond_min else ""), f"{count:,}"))
        below = edge
    rows.append(("nobody has responded yet", f"{len(found) - len(waits):,}"))
    chart = figure(
        report.charts.get("first-response"),
        "By the desk's clock. Right of the dashed line is late; the last bar has all that waited longer. A case is a ticket or a call.",
    )
    return chart + table(("Minutes by the desk's clock", "Cases"), rows, numbers=(1,))
