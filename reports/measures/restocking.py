"""Orders that the campaign made for more of a prize, by what a forecast said, and what became of them."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NoEvidence, NotMapped
from reports.measures.arrays import Floats, column, integers, known, optional

if TYPE_CHECKING:
    from reports.evidence import Evidence

DELIVERED, REFUSED = "DELIVERED", "REFUSED"


@dataclass(frozen=True, slots=True)
class Order:
    """One, and why it was made: so many were left, of which so many went in so long a time before. Times by the target's clock."""

    name: str
    item: str
    batch: str
    units: int
    remaining: int
    went: int
    window_ms: int
    at_ms: int
    state: str
    ended_ms: int | None

    @property
    def gone_ms(self) -> float:
        """When it would be gone: inf where nothing goes."""
        if self.remaining <= 0:
            return self.at_ms
        return self.at_ms + self.remaining * self.window_ms / self.went if self.went > 0 else np.inf

    @property
    def lasts_s(self) -> float:
        """So long, by the forecast."""
        return (self.gone_ms - self.at_ms) / 1000


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a supplier has delivered for an order."""

    order: str
    supplier: str
    times: int
    units: int  # each time


_FIGURES = ("units", "remaining", "went", "window_ms", "at_ms")


def orders(evidence: "Evidence") -> list[Order]:
    """In the order in which they were made.

    Raises:
        NotMapped: the target's read-back has none.
        NoEvidence: they are not there, or not to be understood.
    """
    if not evidence.has("orders"):
        raise NotMapped("the target's read-back has no orders of prizes (`orders`)")
    rows = evidence.table("orders")
    names, items, states = (column(rows, name) for name in ("id", "item", "state"))
    batches, ended = optional(rows, "batch"), optional(rows, "ended_ms")
    figures: dict[str, list[int]] = {name: integers(column(rows, name), name).tolist() for name in _FIGURES}
    there = known(ended)
    found = [
        Order(
            name=str(names[row]),
            item=str(items[row]),
            batch=str(batches[row] or ""),
            state=str(states[row]),
            ended_ms=int(ended[row]) if there[row] else None,
            **{name: values[row] for name, values in figures.items()},
        )
        for row in range(len(rows))
    ]
    return sorted(found, key=lambda order: (order.at_ms, order.name))


def deliveries(evidence: "Evidence") -> list[Delivery]:
    """What the suppliers say that they delivered. Raises NotMapped where none says it, NoEvidence."""
    if not (evidence.has("calls") and evidence.maps("calls", "units")):
        raise NotMapped("the target's read-back has no calls to a supplier of prizes (`units`)")
    calls = evidence.table("calls")
    mine = np.flatnonzero(known(optional(calls, "units")) & known(optional(calls, "ref")))
    if not len(mine):
        return []
    refs, suppliers = column(calls, "ref")[mine], column(calls, "dependency")[mine]
    times, units = (integers(column(calls, name)[mine], name).tolist() for name in ("did", "units"))
    return [Delivery(str(ref), str(who), did, many) for ref, who, did, many in zip(refs, suppliers, times, units, strict=True) if did]


def delivered(evidence: "Evidence") -> Counter[str]:
    """Pieces of each prize that came by orders; none where the target tells no orders."""
    found: Counter[str] = Counter()
    for order in orders(evidence) if evidence.has("orders") else ():
        if order.state == DELIVERED:
            found[order.item] += order.units
    return found


def went_ms(evidence: "Evidence", item: str, batch: str) -> Floats:
    """When each of a prize was granted, ascending."""
    effects = evidence.table("effects")
    items, batches, at_ms = optional(effects, "item"), optional(effects, "batch"), optional(effects, "at_ms")
    mine = known(at_ms) & (items == item) & ((batches == batch) if batch else True)
    return np.sort(at_ms[mine].astype(np.float64))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What became of an order and of what it was made for. Times in seconds since T0."""

    item: str
    units: int
    at_s: float
    gone_s: float
    went_s: float | None  # when as many as had been left were gone; None where they never were
    arrived_s: float | None
    out_s: float  # of the time before it arrived: none was left


def outlooks(evidence: "Evidence") -> list[Outlook]:
    """Of each order; none where the target tells none, or none that can be understood."""
    if evidence.t0_ms is None or any(role not in evidence.tables or role in evidence.table_problems for role in ("orders", "effects")):
        return []
    try:
        made = orders(evidence)
    except NoEvidence:
        return []
    found = []
    for order in made:
        went = went_ms(evidence, order.item, order.batch)
        later = went[went > order.at_ms]
        gone = float(order.at_ms) if order.remaining <= 0 else float(later[order.remaining - 1]) if len(later) >= order.remaining else None
        arrived = float(order.ended_ms) if order.state == DELIVERED and order.ended_ms is not None else None
        out_ms = max(0.0, arrived - gone) if arrived is not None and gone is not None else 0.0
        found.append(
            Outlook(
                item=order.item,
                units=order.units,
                at_s=(order.at_ms - evidence.t0_ms) / 1000,
                gone_s=(order.gone_ms - evidence.t0_ms) / 1000,
                went_s=None if gone is None else (gone - evidence.t0_ms) / 1000,
                arrived_s=None if arrived is None else (arrived - evidence.t0_ms) / 1000,
                out_s=out_ms / 1000,
            )
        )
    return found
