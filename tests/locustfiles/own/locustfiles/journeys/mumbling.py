"""A journey that yields what is no step."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def mumbling(customer: Customer) -> Journey:
    """Asks once, and then yields a number, in a part of its own."""
    yield customer.ask("account.balance")
    yield from _mumble()


def _mumble() -> Journey:
    yield 3  # type: ignore[misc]  # the very mistake
