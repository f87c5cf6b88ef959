"""Who of which tier got what is for some tiers, and which fees they were shown."""

from collections import Counter

from reports.finding import NoEvidence, NotMapped
from reports.measures.eligibility import eligibility
from reports.measures.privileges import fees
from reports.output.html import table
from reports.output.report import Report
from scenarios.plan.tiers import TIERS

ORDER = 76
TITLE = "Benefits by tier"
HALF = True
PLAN = ("P2-03", "P2-07")


def section(report: Report) -> str:
    """A row for each benefit and each fee, with how many customers of each tier were told of it; nothing where there are none."""
    rows = [*_benefits(report), *_fees(report)]
    return table(("Benefit", *TIERS), rows, numbers=(1, 2, 3)) if rows else ""


def _benefits(report: Report) -> list[tuple[str, ...]]:
    try:
        found = eligibility(report.evidence)
    except (NotMapped, NoEvidence):
        return []
    return [(op, *(f"{found.by_tier(op)[tier]:,}" for tier in TIERS)) for op in found.tiers]


def _fees(report: Report) -> list[tuple[str, ...]]:
    try:
        found = fees(report.evidence).by_tier
    except (NotMapped, NoEvidence):
        return []
    shown = sorted(set().union(*(counts.keys() for counts in found.values())))
    return [(f"fee of {fen / 100:,.2f} yuan", *(f"{found.get(tier, Counter())[fen]:,}" for tier in TIERS)) for fen in shown]
