"""One request by each who comes, of the operation that BENCH_ASK names: an open load."""

import os

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

_ASK = os.environ.get("BENCH_ASK", "post")


def bench_once(customer: Customer) -> Journey:
    """Asks, and goes."""
    yield customer.ask(_ASK)
