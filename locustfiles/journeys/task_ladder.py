"""The tasks of the campaign, one after another, each with its red packet."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P2-09", "P6-04")

_RUNGS = 3
_STOPS = 0.3
_JUMPS = 0.2
_LEAST_FEN, _MOST_FEN = 500, 5_000
_FARMS = 0.1
_TO_AND_FRO = 11
_SMALL_FEN = 100


def task_ladder(customer: Customer) -> Journey:
    """Log in, see the tasks, and climb: pay a bill for each rung and open its red packet; some try the rung above first.

    A few look as if they farmed: they pass small sums on again and again.
    """
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("task.list")
    yield from _climbs(customer)
    if customer.chance.happens(_FARMS) and customer.offered("transfer.submit"):
        for _ in range(_TO_AND_FRO):
            yield customer.thinks("glance")
            yield customer.ask("transfer.submit", amount_fen=1 + customer.chance.below(_SMALL_FEN))


def _climbs(customer: Customer) -> Journey:
    """As far as they like."""
    chance = customer.chance
    for rung in range(1, _RUNGS + 1):
        yield customer.thinks("read")
        yield from customer.insists_on("payment.submit", order_id=customer.order_id(), amount_fen=_LEAST_FEN + chance.below(_MOST_FEN))
        if customer.succeeded():
            yield customer.ask("payment.receipt")
        if not customer.succeeded():
            return
        if chance.happens(_JUMPS):
            yield customer.ask("task.complete", rung=rung + 1)
        yield from customer.insists_on("task.complete", rung=rung)
        if customer.succeeded() and customer.knows("redpacket_id"):
            yield from customer.insists_on("redpacket.open")
        if chance.happens(_STOPS):
            return
