"""What a campaign was opened as, by the system's own word, beside what the plan says: stock, face, window, caps and pool."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from scenarios.plan.campaign import prize_scopes
from scenarios.plan.scenario import Scenario
from scenarios.target.model import Target
from scenarios.target.templates import JsonTemplate

_TOLERANCE_MS = 1000
"""A service may keep its windows to the second."""

_WINDOWS = {
    "campaign.activity": {"opens_ms": "campaign.opens_at", "closes_ms": "campaign.closes_at"},
    "campaign.id": {"opens_ms": "campaign.start_at", "closes_ms": "campaign.end_at"},
}
_CAP = {"cap": "campaign.per_customer"}
_POOL = {"pool_fen": "campaign.pool_fen", "least_fen": "campaign.least_fen", "most_fen": "campaign.most_fen"}

_MOST_DIGITS = 19

Rows = Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the campaign."""

    name: str
    planned: object
    found: object

    @property
    def same(self) -> bool:
        """Whether the system has it as it was planned."""
        if self.name.partition(" ")[0].endswith("_ms") and isinstance(self.planned, int) and isinstance(self.found, int):
            return abs(self.planned - self.found) <= _TOLERANCE_MS
        return self.planned == self.found

    def __str__(self) -> str:
        """Both."""
        return f"{self.name}: planned {self.planned}, opened with {self.found}"


def figures(
    target: Target, scenario: Scenario, statics: Mapping[str, object], stock: Rows, windows: Rows, *, untold: bool = True
) -> list[Figure]:
    """Every figure that both tell.

    Stock, face and cap are held against the plan whoever has set them, unless `untold` is false; times and the pool where the target's
    file sends them when it opens the campaign.
    """
    told = _told(target)
    ours = [row for row in stock if row.get("batch") in (None, "", scenario.campaign.batch)]
    asked = told | ({"stock", *_CAP.values()} if untold else set())
    return [
        *(_stock(target, scenario, ours, told="stock" in told) if "stock" in asked else ()),
        *(_faces(scenario, ours) if asks_faces(target, untold=untold) else ()),
        *_windows(statics, windows, asked),
    ]


def asks_faces(target: Target, *, untold: bool) -> bool:
    """Whether what a prize is worth is the plan's to say: the target's file sends it when it opens the campaign, or `untold` does too."""
    return untold or bool({"face_fen", "campaign.face_fen"} & _told(target))


def _told(target: Target) -> frozenset[str]:
    """What the target's file sends when it opens the campaign."""
    steps = target.prepare.open
    return frozenset().union(*(step.body_placeholders | JsonTemplate.of(step.each).placeholders for step in steps))


def _stock(target: Target, scenario: Scenario, rows: Rows, *, told: bool) -> Iterator[Figure]:
    """Each prize's, where the service was told how many there are of each; else what there is in all."""
    found = {str(row.get("item")): _whole(row.get("initial")) for row in rows}
    prizes = {str(prize["sku"]): prize["stock"] for prize in prize_scopes(scenario, target.items)}
    if told:
        yield from (Figure(f"stock of {sku}", planned, found.get(sku)) for sku, planned in prizes.items())
        return
    ours = prizes.keys() & found.keys() or found.keys()
    if counts := [count for sku in ours if isinstance(count := found[sku], int)]:
        yield Figure("stock in all", scenario.campaign.prizes.stock, sum(counts))


def _faces(scenario: Scenario, rows: Rows) -> Iterator[Figure]:
    for row in rows:
        if row.get("face_fen") not in (None, ""):
            yield Figure(f"face_fen of {row.get('item')}", scenario.campaign.prizes.face_fen, _whole(row["face_fen"]))


def _windows(statics: Mapping[str, object], rows: Rows, asked: frozenset[str]) -> Iterator[Figure]:
    for of, times in _WINDOWS.items():
        for field, source in (times | _CAP | _POOL).items():
            if source not in statics or source not in asked:
                continue
            for row in rows:
                if row.get("window") == statics.get(of) and row.get(field) not in (None, ""):
                    planned = _ms(statics[source]) if field in times else statics[source]
                    yield Figure(f"{field} of {row['window']}", planned, _whole(row[field]))


def _whole(value: object) -> object:
    """A number that stands in a text, as one."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _MOST_DIGITS else value


def _ms(moment: object) -> int:
    return round(datetime.fromisoformat(str(moment)).timestamp() * 1000)
