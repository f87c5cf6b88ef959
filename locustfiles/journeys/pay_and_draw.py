"""A bill that earns a chance in the lottery."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P2-01", "P3-05")

_LEAST_FEN, _MOST_FEN = 500, 5_000
_DRAWS_AGAIN = 0.1
_ASKS_FOR_MORE = 0.1


def pay_and_draw(customer: Customer) -> Journey:
    """Log in, look at the odds, pay a bill, draw the chance that it earns, and redeem what is won; some try for more."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("lottery.get")
    yield customer.thinks("tap")
    amount_fen = _LEAST_FEN + customer.chance.below(_MOST_FEN)
    yield from customer.insists_on("payment.submit", order_id=customer.order_id(), amount_fen=amount_fen)
    if customer.succeeded():
        yield customer.ask("payment.receipt")
    if not customer.succeeded():
        return
    yield from customer.insists_on("lottery.chance")
    if not customer.succeeded():
        return
    if customer.chance.happens(_ASKS_FOR_MORE):
        yield customer.ask("lottery.chance")
    yield customer.thinks("tap")
    yield from customer.insists_on("lottery.draw")
    if customer.succeeded() and customer.chance.happens(_DRAWS_AGAIN):
        yield customer.ask("lottery.draw")
    if customer.knows("coupon_code"):
        yield customer.ask("coupon.list")
        yield from customer.insists_on("coupon.redeem", order_id=customer.order_id())
