"""Coming by a friend's code: accepted, verified by the bank, counted."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, moment

PLAN = ("P2-11", "P4-08")

_TRIES_AGAIN = 0.1
_KNOWN_BEFORE = 0.12


def join_by_invitation(customer: Customer) -> Journey:
    """Log in, come by the code, be verified, and count for the friend (some at one instant; who was known before, in vain)."""
    invitation = customer.invitation
    if invitation is None:
        yield customer.ask("zone.get")
        return
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    known = customer.chance.happens(_KNOWN_BEFORE)
    if known:
        yield from customer.insists_on("kyc.submit")
    yield customer.thinks("tap")
    yield from customer.insists_on("invite.accept", inviter=invitation.inviter)
    if not customer.succeeded():
        return
    yield customer.thinks("tap")
    if not known:
        yield from customer.insists_on("kyc.submit")
    if customer.succeeded():
        yield customer.ask("kyc.get")
    if not customer.succeeded():
        return
    if invitation.meets_at_s is not None:
        yield moment(invitation.meets_at_s)
    yield from customer.insists_on("invite.verify", inviter=invitation.inviter)
    if customer.succeeded() and customer.chance.happens(_TRIES_AGAIN):
        yield customer.ask("invite.verify", inviter=invitation.inviter)
