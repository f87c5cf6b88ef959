"""How long customers waited for what they were promised."""

from reports.finding import NoEvidence, NotMapped
from reports.measures.payout_days import Promise
from reports.output.html import figure, table
from reports.output.report import Report

ORDER = 73
TITLE = "Payments"
HALF = True
PLAN = ("P2-12",)

_EDGES_S = ((1.0, "within a second"), (10.0, "within ten seconds"), (60.0, "within a minute"))


def section(report: Report) -> str:
    """Promises by the time until they were paid, the line of the last working day marked; nothing where there are none."""
    try:
        found = report.evidence.payout_promises
    except (NotMapped, NoEvidence):
        return ""
    if not found:
        return ""
    ages = [_age(promise) for promise in found]
    names = [*(name for _, name in _EDGES_S), "by the last working day", "later (late)", "not paid at the read-back"]
    rows = [(name, f"{ages.count(name):,}") for name in names]
    chart = figure(
        report.charts.get("payout-ageing"),
        "By the server's own times, on a clock that grows tenfold from mark to mark; red is later than the last working day.",
    )
    return chart + table(("Paid", "Promises"), rows, numbers=(1,))


def _age(promise: Promise) -> str:
    if promise.paid_ms is None or promise.paid is None:
        return "not paid at the read-back"
    if promise.due is not None and promise.paid > promise.due:
        return "later (late)"
    waited_s = (promise.paid_ms - promise.at_ms) / 1000
    return next((name for edge_s, name in _EDGES_S if waited_s <= edge_s), "by the last working day")
