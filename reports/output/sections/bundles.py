"""How the bundles ended."""

from reports.finding import NoEvidence, NotMapped
from reports.measures.bundles import cross_sold
from reports.measures.funnels import who_paid
from reports.output.bars import percent
from reports.output.html import facts, table
from reports.output.report import Report
from reports.output.split_bar import split_bar

ORDER = 75
TITLE = "Bundles"
HALF = True
PLAN = ("P2-08",)

_AMBER, _BLUE, _GREEN = 1, 2, 3


def section(report: Report) -> str:
    """Bundles by their ends as a bar, and with the plans that stand and the coupons granted for them; nothing where there are none."""
    try:
        found = report.evidence.bundles
    except (NotMapped, NoEvidence):
        return ""
    rows, parts, colours = [], [], []
    for name, done, colour in (("whole", True, _GREEN), ("taken back", False, _AMBER), ("on their way", None, _BLUE)):
        mine = [order for order in found.orders if order.done is done]
        plans = sum(found.plans[order.name] for order in mine)
        coupons = [fen for order in mine for fen in found.coupons_fen.get(order.customer, [])]
        rows.append((name, f"{len(mine):,}", f"{plans:,}", f"{len(coupons):,}", f"{sum(coupons) / 100:,.2f}"))
        if mine:
            parts.append((name, len(mine), f"{len(mine):,}"))
            colours.append(colour)
    head = ("Bundles that are", "Bundles", "Plans that stand", "Coupons", "Yuan")
    sold, might = cross_sold(found, who_paid(report.evidence))
    rate = [("Cross-selling: customers with a whole bundle, of those who moved money", f"{sold:,} / {might:,} ({percent(sold, might)})")]
    return split_bar(parts, colours) + table(head, rows, numbers=(1, 2, 3, 4)) + (facts(rate) if might else "")
