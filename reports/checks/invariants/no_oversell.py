"""No more prizes are granted than there are, and what was granted and what remains add up."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, Status, judged
from reports.formatting import few, many
from reports.measures.arrays import I64, column, integers, known, optional

ID = "no-oversell"
TITLE = "No prize is granted twice over"
KIND = Kind.INVARIANT
READS = ("stock", "effects")
PLAN = ("P4-12",)

_CONSERVED = "The stock adds up"


def check(evidence: Evidence) -> list[Finding]:
    """Stock against itself, and against the rows of what was granted."""
    stock, effects = evidence.table("stock"), evidence.table("effects")
    if not len(stock):
        raise NoEvidence("the read-back's stock is empty")
    names = [_name(item, batch) for item, batch in zip(column(stock, "item"), optional(stock, "batch"), strict=True)]
    owned = integers(column(stock, "initial"), "initial") + integers(_zeros(optional(stock, "replenished")), "replenished")
    granted, remaining = _told(evidence, "granted"), _told(evidence, "remaining")
    item, batch = optional(effects, "item"), optional(effects, "batch")
    counted = Counter(_name(item[row], batch[row]) for row in np.flatnonzero(known(item)))
    rows = np.array([counted.get(name, 0) for name in names], np.int64)
    strangers = {name: count for name, count in counted.items() if name not in set(names)}
    most = rows if granted is None else np.maximum(granted, rows)
    over = np.maximum(most - owned, 0) if remaining is None else np.maximum(np.maximum(most - owned, -remaining), 0)
    beyond = int(over.sum()) + sum(strangers.values())
    oversold = judged(
        beyond == 0,
        ID,
        beyond,
        0,
        "grants",
        f"{many(beyond, 'prize')} granted beyond the stock of {int(owned.sum()):,} ({int(rows.sum()):,} granted)",
        few([f"{names[row]}: {most[row]} granted of {owned[row]}" for row in np.flatnonzero(over)] + _of_strangers(strangers)),
    )
    return [oversold, _conserved(_Stock(names, owned, rows, granted, remaining))]


@dataclass(frozen=True, slots=True)
class _Stock:
    """The stock, prize by prize."""

    names: list[str]
    owned: I64
    rows: I64
    granted: I64 | None
    remaining: I64 | None


def _conserved(stock: _Stock) -> Finding:
    """Whether what is told of the stock adds up: what was granted and what remains with what was there, and each grant with its row."""
    taken = stock.rows if stock.granted is None else stock.granted
    unbalanced = np.abs(taken - stock.rows)
    if stock.remaining is not None:
        unbalanced = unbalanced + np.abs(taken + stock.remaining - stock.owned)
    sums = [] if stock.remaining is None else ["granted + remaining = initial + replenished"]
    sums += [] if stock.granted is None else ["each grant has its row"]
    if not sums:
        said = "the target's file maps neither what was granted nor what remains"
        return Finding("stock-conservation", Status.SKIPPED, None, None, "", said, title=_CONSERVED)
    return judged(
        not unbalanced.any(),
        "stock-conservation",
        int(unbalanced.sum()),
        0,
        "grants",
        ", and ".join(sums) if not unbalanced.any() else f"{many(int(np.count_nonzero(unbalanced)), 'prize')} do not add up",
        few(_sums(stock, row) for row in np.flatnonzero(unbalanced).tolist()),
        title=_CONSERVED,
    )


def _sums(stock: _Stock, row: int) -> str:
    told = [f"owned {stock.owned[row]}"]
    told += [] if stock.granted is None else [f"granted {stock.granted[row]}"]
    told += [] if stock.remaining is None else [f"remaining {stock.remaining[row]}"]
    return f"{stock.names[row]}: {', '.join(told)}, rows {stock.rows[row]}"


def _told(evidence: Evidence, field: str) -> I64 | None:
    """A figure of each prize; None where the target's file does not map it. Raises NoEvidence where it does and a row has none."""
    stock = evidence.table("stock")
    return integers(column(stock, field), field) if evidence.maps("stock", field) or field in stock.columns else None


def _name(item: object, batch: object) -> str:
    return f"{item}/{batch}" if batch not in (None, "") else str(item)


def _zeros(values: "np.ndarray[tuple[int], np.dtype[np.object_]]") -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    return np.where(known(values), values, 0)


def _of_strangers(strangers: dict[str, int]) -> list[str]:
    return [f"{name}: {count} granted of a prize that has no stock" for name, count in sorted(strangers.items())]
