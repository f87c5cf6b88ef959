"""An hour with an adviser, of which there are few."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P1-10", "P2-05", "P2-07")

_TRIES = 3
_VIP_FROM, _VIP_WANTED = 100_000, 8
_CURIOUS = 0.3
"""Of those who are not gold, who try what is not for them."""


def book_an_adviser(customer: Customer) -> Journey:
    """Log in, see which hours are free, and book one of the liked ones; whoever is told that it is taken tries another.

    Gold customers try first for those that are theirs alone, and so do a few who are not.
    """
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("adviser.slots")
    yield customer.thinks("browse")
    if customer.offered("adviser.book-vip") and (customer.session["tier"] == "gold" or customer.chance.happens(_CURIOUS)):
        yield from _vip(customer)
        if customer.succeeded():
            return
    for _ in range(_TRIES):
        yield from customer.insists_on("adviser.book", slot=_hour(customer))
        if customer.succeeded():
            break
        yield customer.thinks("look")
    yield customer.ask("adviser.slots")


def _vip(customer: Customer) -> Journey:
    """An hour that is gold customers' alone."""
    yield customer.ask("membership.get")
    if customer.succeeded():
        yield from customer.insists_on("adviser.book-vip", slot=_VIP_FROM + 1 + customer.chance.below(_VIP_WANTED))


def _hour(customer: Customer) -> int:
    """By the square of a uniform draw: the first ones most."""
    return int(customer.shared.skew.adviser_hours * customer.chance.uniform() ** 2) + 1
