"""Posts the same bytes for ever."""

from locustfiles.customer import Customer
from locustfiles.steps import Journey


def bench_post(customer: Customer) -> Journey:
    """One POST after the other."""
    while True:
        yield customer.ask("post")
