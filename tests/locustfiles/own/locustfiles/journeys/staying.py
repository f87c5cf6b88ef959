"""For tests: a customer who stays while tokens run out."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, moment, parallel


def staying(customer: Customer) -> Journey:
    """Log in, and claim now and then, in between twice at once, until the end."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    for round_ in range(100):
        yield moment(customer.at_s + 0.2)
        yield customer.ask("claim.submit")
        if round_ % 2:
            yield parallel(customer.ask("account.balance"), customer.ask("account.balance"))
