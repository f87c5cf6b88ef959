"""Posts the same bytes for ever."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def bench_post(customer: Customer) -> Journey:
    """One POST after the other."""
    while True:
        yield customer.ask("post")
