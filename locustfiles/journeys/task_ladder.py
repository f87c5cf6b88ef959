"""The tasks of the campaign, one after another, each with its red packet."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P2-09",)

_RUNGS = 3
_STOPS = 0.3
_JUMPS = 0.2
_LEAST_FEN, _MOST_FEN = 500, 5_000


def task_ladder(customer: Customer) -> Journey:
    """Log in, see the tasks, and climb: pay a bill for each rung and open its red packet; some try the rung above first."""
    chance = customer.chance
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("task.list")
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
