"""Inviting friends: a code to share, and a coupon once enough of them have come."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P2-11", "P4-08")

_INVITES_THEMSELVES = 0.1
_LOOKS = 6


def invite_friends(customer: Customer) -> Journey:
    """Log in, get a code to share (some try it themselves), look now and then how many have come, and redeem the coupon they earn."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("tap")
    yield from customer.insists_on("invite.create")
    if customer.succeeded() and customer.chance.happens(_INVITES_THEMSELVES):
        yield from _tries_it_themselves(customer)
    for _ in range(_LOOKS):
        yield customer.thinks("browse")
        yield customer.ask("invite.progress")
        if customer.knows("coupon_code"):
            break
    else:
        return
    yield customer.ask("coupon.list")
    yield from customer.insists_on("coupon.redeem", order_id=customer.order_id())


def _tries_it_themselves(customer: Customer) -> Journey:
    """Come by one's own code; whoever is let in goes on and counts as their own friend."""
    yield customer.ask("invite.accept", inviter=customer.number)
    for operation in ("kyc.submit", "kyc.get"):
        if not customer.succeeded():
            return
        yield customer.ask(operation)
    if customer.succeeded():
        yield customer.ask("invite.verify", inviter=customer.number)
