"""A merchant's order that is scanned and paid, and what merchants see of their day."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Ask, Journey, parallel

PLAN = ("P1-02", "P1-11")

_LEAST_FEN, _MOST_FEN = 200, 8_000
_TWO_PHONES = 0.2
_SCANS_AGAIN = 0.1


def shop_payment(customer: Customer) -> Journey:
    """Log in, scan a merchant's code and pay (some with two phones at once, some again), and look at what one has taken oneself."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("tap")
    merchants = min(customer.shared.skew.merchants, customer.shared.customers)
    number = customer.chance.below(merchants)
    merchant = str(number if number != customer.number else (number + 1) % merchants)
    order_id, amount_fen = customer.order_id(), _LEAST_FEN + customer.chance.below(_MOST_FEN)

    def scan() -> Ask:
        return customer.ask("collection.pay", merchant=merchant, order_id=order_id, amount_fen=amount_fen)

    if customer.chance.happens(_TWO_PHONES):
        yield parallel(scan(), scan())
    else:
        yield from customer.insists_on("collection.pay", merchant=merchant, order_id=order_id, amount_fen=amount_fen)
    if customer.succeeded() and customer.chance.happens(_SCANS_AGAIN):
        yield scan()
    yield customer.thinks("look")
    yield customer.ask("collection.statement")
