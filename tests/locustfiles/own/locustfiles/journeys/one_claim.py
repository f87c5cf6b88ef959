"""One claim."""

from locustfiles.customer import Customer
from locustfiles.steps import Journey


def one_claim(customer: Customer) -> Journey:
    """Claims once, and tries no more."""
    yield customer.ask("claim.submit")
