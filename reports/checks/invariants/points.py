"""Points are as many as payments earn, doubled inside the window and nowhere else; never fewer than none; and given back once."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.books import as_kept
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.points import Entry, Order, delivered, orders, owed_for_payments, points_books, shown_points

ID = "points"
TITLE = "Points are earned, spent and given back as promised"
KIND = Kind.INVARIANT
PLAN = ("P1-04", "P4-02", "P4-03")

_FULFILLED, _REFUNDED = "FULFILLED", "REFUNDED"


def check(evidence: Evidence) -> Finding:
    """What customers were shown against the plan, then entries against payments, orders, the supplier's word and balances."""
    books, exchanged, shown = points_books(evidence), orders(evidence), list(shown_points(evidence))
    by_ref, by_customer = books.by_ref(), books.by_customer()
    named = {business for _, _, business, _, _ in shown} | set(map(as_kept, by_ref))
    owed, price = owed_for_payments(evidence, named), evidence.plan.scenario.campaign.points.price
    wrong = [*_shown(shown, owed, price), *_earned(by_ref, owed), *_balances(by_customer, books.balances)]
    wrong += [problem for order in exchanged for problem in _order(order, by_ref.get(order.name, []), price)]
    wrong += _delivered(exchanged, delivered(evidence))
    back = sum(order.state == _REFUNDED for order in exchanged)
    return judged(
        not wrong,
        ID,
        len(wrong),
        0,
        "entries",
        f"{many(len(books.entries), 'entry')} of {many(len(by_customer), 'customer')}; {many(len(exchanged), 'exchange')}, "
        f"{back or 'none'} given back; {len(wrong) or 'none'} not as owed",
        first_worst_last(wrong),
    )


def _shown(shown: list[tuple[str, int, str, int, float]], owed: dict[str, int], price: int) -> Iterator[Offender]:
    for how, customer, business, points, at_ms in shown:
        due = price if how == "spent" else owed.get(business, points)
        if points != due:
            yield Offender(at_ms, abs(points - due), f"customer {customer}: {points} points {how} by {business}, {due} are due")


def _earned(by_ref: dict[str, list[Entry]], owed: dict[str, int]) -> Iterator[Offender]:
    for ref, entries in by_ref.items():
        earned = [entry for entry in entries if entry.kind == "earn"]
        if len(earned) > 1:
            yield Offender(earned[-1].at_ms, sum(one.points for one in earned), f"{ref}: points earned {len(earned)} times")
        for entry in earned:
            due = owed.get(as_kept(ref), entry.points)
            if entry.points != due:
                sentence = f"{ref}: {entry.points} points for a payment that earns {due}"
                yield Offender(entry.at_ms, abs(entry.points - due), sentence)


def _balances(of: dict[int, list[Entry]], balances: dict[int, int]) -> Iterator[Offender]:
    for customer, entries in of.items():
        balance = 0
        for entry in entries:
            balance += entry.points
            if balance < 0:
                yield Offender(entry.at_ms, -balance, f"customer {customer}: {balance} points after {entry.kind} {entry.ref}")
                break
    for customer in sorted(of.keys() | balances.keys()):
        total = sum(entry.points for entry in of.get(customer, []))
        kept = balances.get(customer, 0)
        if kept != total:
            yield Offender(0, abs(kept - total), f"customer {customer}: a balance of {kept} points, entries make {total}")


def _order(order: Order, entries: list[Entry], price: int) -> Iterator[Offender]:
    debits = [entry.points for entry in entries if entry.kind == "debit"]
    refunds = [entry.points for entry in entries if entry.kind == "refund"]
    if order.points != price:
        yield Offender(order.at_ms, abs(order.points - price), f"{order.name}: {order.points} points, {price} are the price")
    if debits != [-order.points]:
        yield Offender(order.at_ms, order.points, f"{order.name}: debited {len(debits)} times, {sum(debits)} points")
    due = [order.points] if order.state == _REFUNDED else []
    if refunds != due:
        sentence = f"{order.name}, {order.state}: {len(refunds)} times given back, {len(due)} times owed"
        yield Offender(order.at_ms, abs(sum(refunds) - sum(due)), sentence)


def _delivered(exchanged: list[Order], done: dict[str, int] | None) -> Iterator[Offender]:
    if done is None:
        return
    for order in exchanged:
        times, due = done.get(order.name, 0), {_FULFILLED: 1, _REFUNDED: 0}.get(order.state)
        if due is not None and times != due:
            yield Offender(order.at_ms, order.points, f"{order.name}, {order.state}: delivered {times} times by the supplier")
