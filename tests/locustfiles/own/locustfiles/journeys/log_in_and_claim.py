"""For tests: a customer who logs in and claims."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def log_in_and_claim(customer: Customer) -> Journey:
    """Log in, and claim."""
    yield customer.ask("session.create")
    if customer.succeeded():
        yield customer.ask("claim.submit")
