"""A claim by an app that waits for nothing: it sends again almost at once, whatever it was asked to wait."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, bell, think
from scenarios.run.outcomes import CORRECT

_TIMES = 60
_LEAVES_TO_CLAIM = 5


def impatient_claim(customer: Customer) -> Journey:
    """Log in, get leave to claim, and send one claim under one key until there is a yes or a no, a tenth of a second apart."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    for _ in range(_LEAVES_TO_CLAIM):
        yield customer.ask("activity.token")
        if customer.succeeded():
            break
        yield think(0.1, p95=0.2)
    else:
        return
    yield bell(customer.sale.opens_at)
    key = customer.new_key()
    for _ in range(_TIMES):
        yield customer.ask("claim.submit", key=key, sku=customer.wish)
        if customer.last.outcome in CORRECT:
            return
        yield think(0.1, p95=0.2)
