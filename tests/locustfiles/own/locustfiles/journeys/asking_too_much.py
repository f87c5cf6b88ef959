"""A journey that asks for what nobody told it."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def asking_too_much(customer: Customer) -> Journey:
    """Asks an operation whose placeholder nothing fills."""
    yield customer.ask("account.balance")
    yield customer.ask("coupon.list")
