"""Customers who have logged in and think most of the time: each asks once in BENCH_THINK seconds, all of them evenly spread."""

import os

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, think

_THINK_S = float(os.environ.get("BENCH_THINK", "0"))
_PAUSE = think(_THINK_S, p95=_THINK_S) if _THINK_S else None


def bench_waiting(customer: Customer) -> Journey:
    """The first pause is anything up to the whole, so that the rate is even from the beginning."""
    yield customer.ask("session.create")
    if _PAUSE is None:
        return
    first_s = customer.chance.between(0.001, _THINK_S)
    yield think(first_s, p95=first_s)
    while True:
        yield customer.ask("post")
        yield _PAUSE
