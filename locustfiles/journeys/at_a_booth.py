"""Registering at a booth in the street, and the gift for it, over a network that makes people ask again."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P3-09",)

_ASKS_FIRST = 0.1
_TAPS_TWICE = 0.4
_COMES_BACK = 0.2


def at_a_booth(customer: Customer) -> Journey:
    """Log in, register by the code of a message, and ask for the gift; a few ask before, many tap twice, and some come back for another."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    if customer.chance.happens(_ASKS_FIRST):
        yield customer.ask("gift.claim")
    yield from customer.insists_on("register.code")
    if not customer.succeeded():
        yield customer.ask("gift.claim")  # who is registered already may have it too
        return
    yield customer.thinks("look")
    yield customer.ask("sms.read")
    if not customer.knows("sms_code"):
        return
    yield from customer.insists_on("register.submit")
    if not customer.succeeded():
        return
    if customer.chance.happens(_TAPS_TWICE):
        yield parallel(customer.ask("gift.claim"), customer.ask("gift.claim"))
    else:
        yield from customer.insists_on("gift.claim")
    if customer.chance.happens(_COMES_BACK):
        yield customer.thinks("look")
        yield customer.ask("gift.claim")
