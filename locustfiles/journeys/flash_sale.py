"""The flash sale, from the zone page to the redeemed coupon."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, bell, parallel
from scenarios.run.outcomes import CORRECT, Outcome

PLAN = ("P1-08", "P4-10", "P4-12", "P5-01", "P6-06")

_POLLING_FROM_S = 60.0
_WAITS_AWAKE_S = 120.0
"""Who comes earlier than that does not watch the stock, but comes back for the bell."""

_HANDS_READY_S = 1.0
_MOST_STATUS_POLLS = 5
_REDEEMS_SOON = 0.6
_REDEEMS_AGAIN = 0.1
_TWO_TILLS = 0.15
_FINAL_STATES = ("GRANTED", "SOLD_OUT", "REJECTED", "FAILED")


def flash_sale(customer: Customer) -> Journey:
    """Log in, browse the zone, watch the stock, claim at the bell, and redeem what was won."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("zone.get")
    yield customer.thinks("tap")
    yield customer.ask("campaign.get")
    while _HANDS_READY_S <= (left_s := customer.sale.opens_at - customer.at_s) <= _WAITS_AWAKE_S:
        if left_s < _POLLING_FROM_S:
            yield customer.ask("stock.get")
        yield customer.thinks("poll")
    yield customer.ask("activity.token")
    if not customer.succeeded():
        return
    yield bell(customer.sale.opens_at)
    for attempt in customer.patience():
        claim = yield customer.ask("claim.submit", sku=customer.wish, key=attempt.key)
        if claim.outcome in (Outcome.SUCCESS, Outcome.REFUSAL, Outcome.CHALLENGE):
            break
    yield from customer.grumbles("claim.submit")
    if customer.succeeded():
        yield from _enjoy(customer)


def _enjoy(customer: Customer) -> Journey:
    """See how the claim stands until it is decided, look at the coupon, and redeem it (60 % do so at once, the others some other day).

    Some show it at two tills at the same moment, others try it once more later.
    """
    if customer.knows("claim_id"):
        for _ in range(_MOST_STATUS_POLLS):
            status = yield customer.ask("claim.status")
            if not customer.succeeded() or status.extracted.get("state") in (None, *_FINAL_STATES):
                break
            yield customer.thinks("tap")
    yield customer.thinks("tap")
    yield customer.ask("coupon.list")
    if not customer.knows("coupon_code") or not customer.chance.happens(_REDEEMS_SOON):
        return
    yield customer.thinks("read")
    if customer.chance.happens(_TWO_TILLS):
        yield parallel(*(customer.ask("coupon.redeem", order_id=customer.order_id()) for _ in range(2)))
        return
    yield from _redeem(customer)
    if not customer.succeeded():
        return
    yield customer.ask("coupon.list")
    if customer.chance.happens(_REDEEMS_AGAIN):
        yield customer.thinks("tap")
        yield customer.ask("coupon.redeem", order_id=customer.order_id())


def _redeem(customer: Customer) -> Journey:
    """With the app; who is sent away there again and again has customer service do it by hand."""
    order = customer.order_id()
    for attempt in customer.patience():
        yield customer.ask("coupon.redeem", key=attempt.key, order_id=order)
        if customer.last.outcome in CORRECT:
            return
        sent_away = customer.last.outcome is Outcome.SHED and attempt.retry + attempt.tap > 1
        if sent_away and customer.offered("redeem.manual"):
            yield customer.ask("redeem.manual", order_id=order)
            if customer.succeeded():
                return
