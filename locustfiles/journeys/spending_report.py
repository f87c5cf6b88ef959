"""What one has spent, and what to do with the rest: both take their time, and give way before anything that matters."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P2-06",)

_LEAST_FEN, _MOST_FEN = 300, 6_000
_PAYS_MEAN = 1.5
_BILLS = 0.6
_OPENS_TWICE = 0.2
_WANTS_ADVICE = 0.5


def spending_report(customer: Customer) -> Journey:
    """Log in, pay something and see what it comes to, some times; some open the report twice at once, and half want advice."""
    chance = customer.chance
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    for _ in range(chance.geometric(_PAYS_MEAN)):
        amount_fen = _LEAST_FEN + chance.below(_MOST_FEN)
        if chance.happens(_BILLS):
            yield from customer.insists_on("payment.submit", order_id=customer.order_id(), amount_fen=amount_fen)
        else:
            yield from customer.insists_on("transfer.submit", amount_fen=amount_fen)
        yield customer.thinks("tap")
        yield parallel(*(customer.ask("spending.get") for _ in range(2 if chance.happens(_OPENS_TWICE) else 1)))
    if chance.happens(_WANTS_ADVICE):
        yield customer.thinks("look")
        yield customer.ask("diagnosis.get")
