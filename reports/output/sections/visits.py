"""How customers went about: how long they stayed, and which way they went."""

from reports.finding import NotMapped
from reports.formatting import number
from reports.measures.visits import Visits, visits
from reports.output.bars import Bar, bars, percent
from reports.output.html import facts, named
from reports.output.report import Report

ORDER = 70
TITLE = "Visits"
PLAN = ("P6-01",)

_MOST_WAYS = 10


def section(report: Report) -> str:
    """Visits with their length and what came of them, and the steps most often taken; nothing where nobody came."""
    try:
        found = visits(report.evidence)
    except NotMapped:
        return ""
    steps = sum(way.times for way in found.ways)
    shown = [Bar(f"{named(way.before)} → {named(way.after)}", way.times, percent(way.times, steps)) for way in found.ways[:_MOST_WAYS]]
    return facts(_figures(found)) + bars(
        shown, "The steps most often taken from one operation to another, and their share of all.", long=True
    )


def _figures(found: Visits) -> list[tuple[str, str]]:
    return [
        ("Number of visits", f"{found.count:,}"),
        ("A visit lasts, median", f"{number(found.median_s, 1)} s"),
        ("A visit lasts, 95th percentile", f"{number(found.p95_s, 1)} s"),
        ("Operations of a visit, mean", number(found.operations_mean, 1)),
        ("Something was done", _share(found.acted, found.count)),
        ("Something was granted (conversion)", _share(found.granted, found.count)),
    ]


def _share(part: int, whole: int) -> str:
    return f"{part:,} ({percent(part, whole)})"
