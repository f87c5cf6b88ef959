"""How the budget's buckets went, and when they would be empty."""

from reports.finding import NoEvidence, NotMapped
from reports.formatting import number, yuan
from reports.measures.budgets import Kept, Spent, kept, spent
from reports.output.html import figure, named, table
from reports.output.report import Report

ORDER = 71
TITLE = "Budgets"
HALF = True
PLAN = ("P4-07", "P4-09", "P4-14")


def section(report: Report) -> str:
    """Each bucket with what came out of it and how long the rest lasts at the run's pace; nothing where there are no buckets."""
    evidence = report.evidence
    try:
        found, limits = spent(evidence), kept(evidence)
    except (NotMapped, NoEvidence):
        return ""
    if not limits:
        return ""
    rows = [_row(name, bucket, found.get(name, Spent()), evidence.load_ends_s) for name, bucket in sorted(limits.items())]
    head = ("Bucket", "Limit", "Released", "Granted", "Spent, by the system", "Left", "Lasts, at this pace")
    chart = figure(report.charts.get("budgets"), "Share left of each bucket, by the server's own times of the grants.")
    return chart + table(head, rows, numbers=range(1, 7))


def _row(name: str, bucket: Kept, out: Spent, load_s: float) -> list[str]:
    left_fen = bucket.limit_fen + bucket.released_fen - out.fen
    lasts_s = left_fen / out.fen * load_s if out.fen and left_fen > 0 else None
    lasts = "empty" if left_fen <= 0 < out.fen else "–" if lasts_s is None else f"{number(lasts_s, 0)} s"
    return [named(name), yuan(bucket.limit_fen), yuan(bucket.released_fen), yuan(out.fen), yuan(bucket.spent_fen), yuan(left_fen), lasts]
