"""No more prizes are granted than there are, and what was granted and what remains add up."""

from collections import Counter

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, NoEvidence, judged
from reports.formatting import few, many
from reports.measures.arrays import column, integers, known, optional

ID = "no-oversell"
TITLE = "No prize is granted twice over"
KIND = Kind.INVARIANT


def check(evidence: Evidence) -> list[Finding]:
    """Stock against itself, and against the rows of what was granted."""
    stock, effects = evidence.table("stock"), evidence.table("effects")
    if not len(stock):
        raise NoEvidence("the read-back's stock is empty")
    names = [_name(item, batch) for item, batch in zip(column(stock, "item"), optional(stock, "batch"), strict=True)]
    owned = integers(column(stock, "initial"), "initial") + integers(_zeros(optional(stock, "replenished")), "replenished")
    granted = integers(column(stock, "granted"), "granted")
    remaining = integers(column(stock, "remaining"), "remaining")
    item, batch = optional(effects, "item"), optional(effects, "batch")
    counted = Counter(_name(item[row], batch[row]) for row in np.flatnonzero(known(item)))
    rows = np.array([counted.get(name, 0) for name in names], np.int64)
    strangers = {name: count for name, count in counted.items() if name not in set(names)}
    over = np.maximum(np.maximum(granted, rows) - owned, np.maximum(-remaining, 0))
    over = np.maximum(over, 0)
    beyond = int(over.sum()) + sum(strangers.values())
    unbalanced = np.abs(granted + remaining - owned) + np.abs(granted - rows)
    return [
        judged(
            beyond == 0,
            ID,
            beyond,
            0,
            "grants",
            f"{many(beyond, 'prize')} granted beyond the stock of {int(owned.sum()):,} ({int(rows.sum()):,} granted)",
            few(
                [f"{names[row]}: {max(granted[row], rows[row])} granted of {owned[row]}" for row in np.flatnonzero(over)] + _told(strangers)
            ),
        ),
        judged(
            not unbalanced.any(),
            "stock-conservation",
            int(unbalanced.sum()),
            0,
            "grants",
            "granted + remaining = initial + replenished, and each grant has its row"
            if not unbalanced.any()
            else f"{many(int(np.count_nonzero(unbalanced)), 'prize')} do not add up",
            few(
                f"{names[row]}: owned {owned[row]}, granted {granted[row]}, remaining {remaining[row]}, rows {rows[row]}"
                for row in np.flatnonzero(unbalanced)
            ),
            title="The stock adds up",
        ),
    ]


def _name(item: object, batch: object) -> str:
    return f"{item}/{batch}" if batch not in (None, "") else str(item)


def _zeros(values: "np.ndarray[tuple[int], np.dtype[np.object_]]") -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    return np.where(known(values), values, 0)


def _told(strangers: dict[str, int]) -> list[str]:
    return [f"{name}: {count} granted of a prize that has no stock" for name, count in sorted(strangers.items())]
