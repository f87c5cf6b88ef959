"""A journey with a fault of its own."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def stumbling(customer: Customer) -> Journey:
    """Divides by nothing after its first answer."""
    yield customer.ask("account.balance")
    _ = 1 // (customer.number - customer.number)
