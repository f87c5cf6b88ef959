"""What comes of a prize in mid-sale was ordered for a forecast that was true, within the plan, and delivered by one supplier, once."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.arrays import column
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.replenishment import drilled
from reports.measures.restocking import DELIVERED, REFUSED, Delivery, Order, delivered, deliveries, orders, went_ms
from reports.measures.stock_rows import stock_rows

ID = "restocking"
TITLE = "What a forecast orders comes once, from one supplier"
KIND = Kind.INVARIANT
PLAN = ("P4-11",)

_ROUNDED_S = 0.1
_CLOCKS_MS = 1000
"""A grant is told by the time at which it began, an order by that at which it was made."""


def check(evidence: Evidence) -> Finding:
    """The suppliers' ledgers first; then each order's reason against the grants, the plan, and the stock."""
    made, came = orders(evidence), deliveries(evidence)
    wrong = [*_delivered(made, came), *_unjustified(evidence, made), *_beyond_plan(evidence, made), *_stocked(evidence)]
    units = sum(order.units for order in made if order.state == DELIVERED)
    detail = f"{many(len(made), 'order')} of prizes, {many(units, 'piece')} delivered; {len(wrong) or 'none'} not as promised"
    return judged(not wrong, ID, len(wrong), 0, "orders", detail, first_worst_last(wrong))


def _delivered(made: list[Order], came: list[Delivery]) -> Iterator[Offender]:
    """Each order that is delivered by one supplier, once, and no other by any."""
    by_order: dict[str, list[Delivery]] = {}
    for one in came:
        by_order.setdefault(one.order, []).append(one)
    for order in made:
        mine = by_order.pop(order.name, [])
        suppliers, times = sorted({one.supplier for one in mine}), sum(one.times for one in mine)
        pieces = sum(one.times * one.units for one in mine)
        named = f"order {order.name} of {order.item}"
        if len(suppliers) > 1:
            yield Offender(order.at_ms, pieces, f"{named}: delivered by {' and '.join(suppliers)}")
        elif times > 1:
            yield Offender(order.at_ms, pieces, f"{named}: delivered {times} times by {suppliers[0]}")
        elif order.state == DELIVERED and pieces != order.units:
            yield Offender(order.at_ms, abs(pieces - order.units), f"{named}: {order.units} with us, {pieces} with the suppliers")
        elif order.state == REFUSED and times:
            yield Offender(order.at_ms, pieces, f"{named}: delivered by {suppliers[0]}, and refused with us")
        if order.state not in (DELIVERED, REFUSED):
            yield Offender(order.at_ms, order.units, f"{named}: nobody knows how it ended")
    for name, more in by_order.items():
        yield Offender(0, sum(one.times * one.units for one in more), f"order {name}: delivered by {more[0].supplier}, and not with us")


def _unjustified(evidence: Evidence, made: list[Order]) -> Iterator[Offender]:
    """By its own figures it was due, and neither went more nor was less left than the grants tell."""
    rows = stock_rows(evidence.table("stock"), evidence.table("effects"))
    initial = {(str(item), str(batch or "")): count for item, batch, count in zip(rows.item, rows.batch, rows.initial, strict=True)}
    lead_s = evidence.plan.scenario.campaign.prizes.restock.lead_s
    for order in made:
        named = f"order {order.name} of {order.item}"
        if order.lasts_s > lead_s + _ROUNDED_S:
            lasts = "nothing goes" if np.isinf(order.lasts_s) else f"gone in {order.lasts_s:.1f} s"
            yield Offender(order.at_ms, order.units, f"{named}: {lasts}, by the forecast; it is ordered when that is {lead_s:g} s")
        went = went_ms(evidence, order.item, order.batch)
        recent = int(np.count_nonzero((went > order.at_ms - order.window_ms - _slack_ms(order)) & (went <= order.at_ms + _CLOCKS_MS)))
        if order.went > recent:
            yield Offender(order.at_ms, order.went - recent, f"{named}: it says that {order.went} went, and {recent} did")
        before = initial.get((order.item, order.batch), np.nan) - int(np.count_nonzero(went <= order.at_ms + _CLOCKS_MS))
        before += sum(
            one.units
            for one in made
            if (one.item, one.batch) == (order.item, order.batch)
            and one.state == DELIVERED
            and one.ended_ms is not None
            and one.ended_ms < order.at_ms
        )
        if order.remaining < before:
            yield Offender(
                order.at_ms, before - order.remaining, f"{named}: it says that {order.remaining} were left, and {before:.0f} were"
            )


def _slack_ms(order: Order) -> int:
    """A grant that waits for its commit, as while a database changes hands, is told by when it began."""
    return _CLOCKS_MS + min(order.window_ms, 10_000)


def _beyond_plan(evidence: Evidence, made: list[Order]) -> Iterator[Offender]:
    plan = evidence.plan.scenario.campaign.prizes.restock
    ordered: Counter[tuple[str, str]] = Counter()
    for order in made:
        ordered[order.item, order.batch] += order.units if order.state != REFUSED else 0
        most = plan.most if plan.skus else 0
        if order.state != REFUSED and ordered[order.item, order.batch] > most:
            over = ordered[order.item, order.batch] - most
            yield Offender(order.at_ms, over, f"order {order.name} of {order.item}: {over} more than the {most} that are planned")


def _stocked(evidence: Evidence) -> Iterator[Offender]:
    """The stock has what was delivered, and what drills ordered, once."""
    stock, came, by_drills = evidence.table("stock"), delivered(evidence), drilled(evidence)
    rows, told = stock_rows(stock, evidence.table("effects")), Counter[str]()
    for item, count in zip(column(stock, "item"), rows.replenished, strict=True):
        told[str(item)] += int(count)
    for item in sorted({*told, *came, *by_drills}):
        expected = came[item] + by_drills[item]
        if told[item] != expected:
            yield Offender(0, abs(told[item] - expected), f"{item}: {told[item]} added to the stock, {expected} were delivered")
