"""Points for receipts without paper, so many a day."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P2-02",)

_LEAST_FEN, _MOST_FEN = 100, 3_000
_BILLS_MEAN = 3.0
_TWO_DEVICES = 0.15
_AGAIN = 0.1


def go_paperless(customer: Customer) -> Journey:
    """Log in and pay some bills; each receipt earns its points (some send it twice, or on two devices), until the day's cap."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    for _ in range(customer.chance.geometric(_BILLS_MEAN)):
        amount_fen = _LEAST_FEN + customer.chance.below(_MOST_FEN)
        yield from customer.insists_on("payment.submit", order_id=customer.order_id(), amount_fen=amount_fen)
        if customer.succeeded():
            yield customer.ask("payment.receipt")
        if not customer.succeeded():
            return
        if customer.chance.happens(_TWO_DEVICES):
            yield parallel(customer.ask("carbon.earn"), customer.ask("carbon.earn"))
        else:
            yield from customer.insists_on("carbon.earn")
            if customer.chance.happens(_AGAIN):
                yield customer.ask("carbon.earn")
        yield customer.thinks("tap")
