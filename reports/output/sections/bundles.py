"""How the bundles ended."""

from reports.finding import NoEvidence, NotMapped
from reports.output.html import table
from reports.output.report import Report
from reports.output.split_bar import split_bar

ORDER = 75
TITLE = "Bundles"
HALF = True
PLAN = ("P2-08",)


def section(report: Report) -> str:
    """Bundles by their ends as a bar, and with the plans that stand and the coupons granted for them; nothing where there are none."""
    try:
        found = report.evidence.bundles
    except (NotMapped, NoEvidence):
        return ""
    rows, parts = [], []
    for name, done in (("whole", True), ("taken back", False), ("on their way", None)):
        mine = [order for order in found.orders if order.done is done]
        plans = sum(found.plans[order.name] for order in mine)
        coupons = [fen for order in mine for fen in found.coupons_fen.get(order.customer, [])]
        rows.append((name, f"{len(mine):,}", f"{plans:,}", f"{len(coupons):,}", f"{sum(coupons) / 100:,.2f}"))
        parts.append((name, len(mine), f"{len(mine):,}"))
    head = ("Bundles that are", "Bundles", "Plans that stand", "Coupons", "Yuan")
    return split_bar(parts) + table(head, rows, numbers=(1, 2, 3, 4))
