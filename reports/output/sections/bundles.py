"""How the bundles ended."""

from reports.finding import NoEvidence, NotMapped
from reports.output.html import table
from reports.output.report import Report

ORDER = 75
TITLE = "Bundles"
HALF = True
PLAN = ("P2-08",)


def section(report: Report) -> str:
    """Bundles by their ends, with the plans that stand and the coupons that were granted for them; nothing where there are none."""
    try:
        found = report.evidence.bundles
    except (NotMapped, NoEvidence):
        return ""
    rows = []
    for name, done in (("whole", True), ("taken back", False), ("on their way", None)):
        mine = [order for order in found.orders if order.done is done]
        plans = sum(found.plans[order.name] for order in mine)
        coupons = [fen for order in mine for fen in found.coupons_fen.get(order.customer, [])]
        rows.append((name, f"{len(mine):,}", f"{plans:,}", f"{len(coupons):,}", f"{sum(coupons) / 100:,.2f}"))
    return table(("Bundles that are", "Bundles", "Plans that stand", "Coupons", "Yuan"), rows, numbers=(1, 2, 3, 4))
