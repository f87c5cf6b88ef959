"""A journey that insists on what cannot be said."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def insisting(customer: Customer) -> Journey:
    """Asks once, and then again and again for something that needs what nobody has told."""
    yield customer.ask("account.balance")
    yield from customer.insists_on("coupon.list")
