"""Somebody who has seen another customer's coupon or red packet tries to have it."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, bell
from scenarios.run.outcomes import Probe


def trespass(customer: Customer) -> Journey:
    """Win a prize and check in; then another customer, who knows the coupon's code and the packet's number, asks for both."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    if customer.offered("redpacket.open"):
        yield customer.ask("checkin.post")
    if customer.offered("coupon.redeem"):
        yield customer.ask("activity.token")
        yield bell(customer.sale.opens_at)
        yield customer.ask("claim.submit", sku=customer.wish)
    if not customer.tell_another("coupon_code", "face_fen", "redpacket_id"):
        return
    yield customer.thinks("tap")
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    if customer.knows("coupon_code"):
        yield customer.ask("coupon.redeem", probe=Probe.FOREIGN, order_id=customer.order_id())
    if customer.knows("redpacket_id"):
        yield customer.ask("redpacket.open", probe=Probe.FOREIGN)
