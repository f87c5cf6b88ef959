"""One claim, and an app that asks again and again how it stands."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, bell, think

_POLLS = 15


def watch_the_claim(customer: Customer) -> Journey:
    """Log in, claim, and ask for the claim's status many times a second, whatever the answer was: an app without a pause."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("activity.token")
    if not customer.succeeded():
        return
    yield bell(customer.sale.opens_at)
    yield customer.ask("claim.submit", sku=customer.wish)
    if not customer.knows("claim_id"):
        return
    for _ in range(_POLLS):
        yield customer.ask("claim.status")
        yield think(0.12, p95=0.3)
