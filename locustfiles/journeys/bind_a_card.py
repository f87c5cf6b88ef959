"""A customer binds a card, and has the discount for the first one."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P2-04", "P6-02")

_TWO_DEVICES = 0.3
_ASKS_AGAIN = 0.2


def bind_a_card(customer: Customer) -> Journey:
    """Log in, be verified, bind a card, have the first-bind coupon (some from two devices at once, some again) and redeem it."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("look")
    yield from customer.insists_on("kyc.submit")
    yield customer.thinks("tap")
    yield from customer.insists_on("card.bind")
    if not customer.knows("card_token"):
        return
    yield customer.ask("card.proof")
    if not customer.succeeded():
        return
    if customer.chance.happens(_TWO_DEVICES):
        yield parallel(*(customer.ask("bind.coupon") for _ in range(2)))
    else:
        yield from customer.insists_on("bind.coupon")
    if customer.chance.happens(_ASKS_AGAIN):
        yield customer.ask("bind.coupon")
    if customer.knows("coupon_code"):
        yield customer.ask("coupon.list")
