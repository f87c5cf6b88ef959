"""Two reads, one after the other."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, think


def read_twice(customer: Customer) -> Journey:
    """The same question twice, on the same kept connection."""
    yield customer.ask("account.balance")
    yield think(0.05, p95=0.06)
    yield customer.ask("account.balance")
    yield think(0.05, p95=0.06)
    yield customer.ask("claim.submit")
