"""Leaves garbage behind."""

import gc

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey


def littering(customer: Customer) -> Journey:
    """Looks at the balance, and makes the garbage collector look at half a million rings."""
    rings: list[list[object]] = [[] for _ in range(500_000)]
    for ring in rings:
        ring.append(ring)
    rings.clear()
    gc.collect()
    yield customer.ask("account.balance")
