"""A read, the bell, a claim, and a read."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, bell


def at_the_bell(customer: Customer) -> Journey:
    """Three questions, the second when the bell rings."""
    yield customer.ask("zone.get")
    yield bell(customer.sale.opens_at)
    yield customer.ask("claim.submit", sku=customer.wish)
    yield customer.ask("streak.get")
