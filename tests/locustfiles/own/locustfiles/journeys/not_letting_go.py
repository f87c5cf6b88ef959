"""A journey that cannot be ended."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, think


def not_letting_go(customer: Customer) -> Journey:
    """Still thinks when the load ends, and raises when it is told so."""
    try:
        yield customer.ask("account.balance")
        yield think(1000)
    finally:
        _ = 1 // (customer.number - customer.number)
