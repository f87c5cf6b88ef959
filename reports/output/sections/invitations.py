"""How the invitations went."""

from collections import Counter

from reports.finding import NoEvidence, NotMapped
from reports.output.bars import Bar, bars
from reports.output.html import table, text
from reports.output.report import Report

ORDER = 72
TITLE = "Invitations"
HALF = True
PLAN = ("P2-11",)

_MOST_ROWS = 12


def section(report: Report) -> str:
    """Inviters by how many friends count for them, against the coupons that they have; nothing where nobody was invited."""
    try:
        found = report.evidence.inviters
    except (NotMapped, NoEvidence):
        return ""
    told, people, coupons, fen = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
    for one in found.values():
        row = min(len(one.friends), _MOST_ROWS)
        people[row] += 1
        told[row] += len(one.told)
        coupons[row] += len(one.coupons_fen)
        fen[row] += sum(one_fen or 0 for one_fen in one.coupons_fen)
    rows = [
        (
            _friends(friends),
            f"{people[friends]:,}",
            f"{told[friends]:,}",
            f"{coupons[friends]:,}",
            f"{fen[friends] / 100:,.2f}",
        )
        for friends in sorted(people)
    ]
    chart = bars(
        [Bar(_friends(friends), people[friends], done=min(1.0, coupons[friends] / people[friends])) for friends in sorted(people)],
        "Inviters by the friends who count for them; filled: as many as have coupons.",
    )
    return chart + table(("Friends verified", "Inviters", "Friends who were told so", "Coupons", "Yuan"), rows, numbers=(1, 2, 3, 4))


def _friends(count: int) -> str:
    return text(f"{count} or more" if count == _MOST_ROWS else count)
