"""Points for a payment, and a phone credit for the points."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P1-04", "P4-02", "P4-03")

_LEAST_FEN, _MOST_FEN = 500, 6_000
_SENDS_IT_TWICE = 0.1
_ASKS_AGAIN = 0.4


def points_exchange(customer: Customer) -> Journey:
    """Log in, pay, turn the receipt into points (some send it twice), and exchange them; some ask for more than they have."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("goods.list")
    yield customer.thinks("tap")
    amount_fen = _LEAST_FEN + customer.chance.below(_MOST_FEN)
    yield from customer.insists_on("payment.submit", order_id=customer.order_id(), amount_fen=amount_fen)
    if customer.succeeded():
        yield customer.ask("payment.receipt")
    if not customer.succeeded():
        return
    yield from customer.insists_on("points.earn")
    if customer.succeeded() and customer.chance.happens(_SENDS_IT_TWICE):
        yield customer.ask("points.earn")
    yield customer.ask("points.get")
    yield customer.thinks("tap")
    yield from customer.insists_on("points.exchange")
    if customer.succeeded():
        yield customer.thinks("tap")
        yield customer.ask("exchange.status")
    if customer.chance.happens(_ASKS_AGAIN):
        yield customer.ask("points.exchange")
