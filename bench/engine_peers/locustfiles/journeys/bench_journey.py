"""The flash sale for ever, without pauses."""

from locustfiles.customer import Customer
from locustfiles.steps import Journey
from scenarios.outcomes import Outcome


def bench_journey(customer: Customer) -> Journey:
    """Log in, browse, poll, claim, decide, redeem; and again."""
    while True:
        yield customer.ask("session.create")
        yield customer.ask("zone.get")
        yield customer.ask("campaign.get")
        yield customer.ask("stock.get")
        yield customer.ask("activity.token")
        claim = yield customer.ask("claim.submit", sku=customer.wish)
        if claim.outcome is not Outcome.SUCCESS:
            continue
        status = yield customer.ask("claim.status")
        if status.extracted["state"] == "GRANTED":
            yield customer.ask("coupon.list")
            yield customer.ask("coupon.redeem", order_id=customer.order_id())
