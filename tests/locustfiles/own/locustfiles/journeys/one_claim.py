"""One claim."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def one_claim(customer: Customer) -> Journey:
    """Claims once, and tries no more."""
    yield customer.ask("claim.submit")
