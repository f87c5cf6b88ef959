"""What the app thinks that one may like, and a look at the money for it."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P1-07", "P2-06")

_LOOKS_MEAN = 2.0


def for_you(customer: Customer) -> Journey:
    """Log in and open the page of recommendations some times; it comes with the carousel, and the balance stands above it."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    for _ in range(customer.chance.geometric(_LOOKS_MEAN)):
        yield parallel(customer.ask("recommend.get"), customer.ask("exposure.carousel"), customer.ask("account.balance"))
        yield customer.thinks("read")
