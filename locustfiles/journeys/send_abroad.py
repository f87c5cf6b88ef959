"""Money sent abroad: foreign money is bought, and sending it costs a fee, which gold customers are spared some times."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P2-07",)

_CURRENCIES = ("USD", "EUR", "HKD")
_LEAST_CENTS, _MOST_CENTS = 500, 3_000
_MOST_TIMES = 3
"""One more than gold customers are spared the fee, in most scenarios."""
_TWO_PHONES = 0.15
_QUOTES = 2


def send_abroad(customer: Customer) -> Journey:
    """Log in; up to three times buy foreign money, ask what sending it costs, think about it (some too long), and send it."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    for _ in range(1 + customer.chance.below(_MOST_TIMES)):
        yield from _buys(customer)
        if not customer.succeeded():
            return
        yield from _sends(customer)
    yield customer.ask("account.balance")


def _buys(customer: Customer) -> Journey:
    currency = _CURRENCIES[customer.chance.below(len(_CURRENCIES))]
    yield from customer.insists_on("fx.quote", currency=currency, foreign_cents=_LEAST_CENTS + customer.chance.below(_MOST_CENTS))
    if customer.succeeded():
        yield from customer.insists_on("fx.deal")


def _sends(customer: Customer) -> Journey:
    """For the fee that was told last; some with two phones at once."""
    for _ in range(_QUOTES):
        yield from customer.insists_on("remit.quote")
        if not customer.succeeded():
            return
        yield customer.thinks("hesitate")
        if customer.chance.happens(_TWO_PHONES):
            yield parallel(customer.ask("remit.send"), customer.ask("remit.send"))
            return
        yield from customer.insists_on("remit.send")
        if customer.succeeded():
            return
