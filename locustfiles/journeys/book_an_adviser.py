"""An hour with an adviser, of which there are few."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, think

PLAN = ("P1-10", "P2-05")

_WANTED = 24
"""The hours that people like, those after work: few, and many want the same."""

_TRIES = 3


def book_an_adviser(customer: Customer) -> Journey:
    """Log in, see which hours are free, and book one of the liked ones; whoever is told that it is taken tries another."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("adviser.slots")
    yield think(4, p95=12)
    for _ in range(_TRIES):
        yield from customer.insists_on("adviser.book", slot=_hour(customer))
        if customer.succeeded():
            break
        yield think(2, p95=6)
    yield customer.ask("adviser.slots")


def _hour(customer: Customer) -> int:
    """By the square of a uniform draw: the first ones most."""
    return int(_WANTED * customer.chance.uniform() ** 2) + 1
