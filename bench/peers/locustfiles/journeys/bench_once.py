"""One request by each who comes, of the operation that BENCH_ASK names: an open load."""

import os

from locustfiles.customer import Customer
from locustfiles.steps import Journey

_ASK = os.environ.get("BENCH_ASK", "post")


def bench_once(customer: Customer) -> Journey:
    """Asks, and goes."""
    yield customer.ask(_ASK)
