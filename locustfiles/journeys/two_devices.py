"""One customer at the bell with a phone in each hand."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, bell, parallel

PLAN = ("P4-12",)

_WELL_BEFORE_S = 0.5


def two_devices(customer: Customer) -> Journey:
    """Log in, tap too early, claim the same prize twice at once at the bell, each under a key of its own, and see what the coupons say."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("tap")
    yield customer.ask("activity.token")
    if not customer.succeeded():
        return
    if customer.at_s < customer.sale.opens_at - _WELL_BEFORE_S:
        yield customer.ask("claim.submit", sku=customer.wish)
    yield bell(customer.sale.opens_at)
    yield parallel(*(customer.ask("claim.submit", sku=customer.wish) for _ in range(2)))
    yield customer.thinks("tap")
    yield customer.ask("coupon.list")
