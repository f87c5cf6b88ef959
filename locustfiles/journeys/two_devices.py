"""One customer at the bell with a phone in each hand."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, bell, parallel, think


def two_devices(customer: Customer) -> Journey:
    """Log in, wait for the bell, claim the same prize twice at once, each under a key of its own, and see what the coupons say."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield think(1, p95=2)
    yield customer.ask("activity.token")
    if not customer.succeeded():
        return
    yield bell(customer.sale.opens_at)
    yield parallel(*(customer.ask("claim.submit", sku=customer.wish) for _ in range(2)))
    yield think(1, p95=2)
    yield customer.ask("coupon.list")
