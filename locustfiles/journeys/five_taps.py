"""One claim that reaches the service five times: an app that does not believe its first answer, or a network that repeats."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, bell

_TIMES = 5


def five_taps(customer: Customer) -> Journey:
    """Log in, send one claim five times under one key, each wherever it arrives and whatever came before, and see what the coupons say."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("tap")
    yield customer.ask("activity.token")
    if not customer.succeeded():
        return
    yield bell(customer.sale.opens_at)
    key = customer.new_key()
    for _ in range(_TIMES):
        yield customer.ask("claim.submit", key=key, sku=customer.wish)
    yield customer.thinks("tap")
    yield customer.ask("coupon.list")
