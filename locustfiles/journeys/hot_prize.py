"""Everybody wants the same prize."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, bell, think

_TIMES = 2


def hot_prize(customer: Customer) -> Journey:
    """Log in, get leave to claim, claim the most wanted prize the moment it may be had, and once more."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("activity.token")
    if not customer.succeeded():
        return
    yield bell(customer.sale.opens_at)
    for _ in range(_TIMES):
        yield customer.ask("claim.submit", sku=customer.sale.skus[0])
        yield think(0.3, p95=1)
