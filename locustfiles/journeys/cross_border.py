"""Foreign money for a journey: a quote that holds for a moment, and the deal in it."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P1-12",)

_CURRENCIES = ("USD", "EUR", "HKD")
_LEAST_CENTS, _MOST_CENTS = 500, 5_000
_TWO_PHONES = 0.15
_DEALS_AGAIN = 0.1
_QUOTES = 2


def cross_border(customer: Customer) -> Journey:
    """Log in, ask what some foreign money costs, think about it (some too long), and buy; some with two phones at once, some again."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    currency = _CURRENCIES[customer.chance.below(len(_CURRENCIES))]
    cents = _LEAST_CENTS + customer.chance.below(_MOST_CENTS)
    for _ in range(_QUOTES):
        yield from customer.insists_on("fx.quote", currency=currency, foreign_cents=cents)
        if not customer.succeeded():
            return
        yield customer.thinks("hesitate")
        yield from _deals(customer)
        if customer.succeeded():
            break
    if customer.succeeded() and customer.chance.happens(_DEALS_AGAIN):
        yield customer.ask("fx.deal")
    yield customer.ask("account.balance")


def _deals(customer: Customer) -> Journey:
    """In the quote that was told last."""
    if customer.chance.happens(_TWO_PHONES):
        yield parallel(customer.ask("fx.deal"), customer.ask("fx.deal"))
    else:
        yield from customer.insists_on("fx.deal")
