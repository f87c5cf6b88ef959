"""A bill that is paid, and now and then taken back; who is no bank has only the balance to show."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P1-01", "P1-04")

_LEAST_FEN, _MOST_FEN = 500, 10_000
_TAKES_IT_BACK = 0.5
_ASKS_AGAIN = 0.2


def bill_payment(customer: Customer) -> Journey:
    """Log in, look at the balance, pay a bill; half of them find it was the wrong one and take it back, some of them twice."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("account.balance")
    yield customer.thinks("tap")
    if not customer.offered("payment.submit"):
        return
    order_id, amount_fen = customer.order_id(), _LEAST_FEN + customer.chance.below(_MOST_FEN)
    yield from customer.insists_on("payment.submit", order_id=order_id, amount_fen=amount_fen)
    if not customer.succeeded() or not customer.offered("payment.reverse") or not customer.chance.happens(_TAKES_IT_BACK):
        return
    yield customer.thinks("tap")
    yield from customer.insists_on("payment.reverse")
    if customer.succeeded() and customer.chance.happens(_ASKS_AGAIN):
        yield customer.thinks("glance")
        yield customer.ask("payment.reverse")
