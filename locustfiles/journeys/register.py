"""Registering by the code that a message brings."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel
from scenarios.run.outcomes import Probe

PLAN = ("P1-05",)

_SEEN_BY_ANOTHER = 0.15
_TWO_DEVICES = 0.2
_ASKS_FOR_ANOTHER = 0.2
_COMES_AGAIN = 0.1


def register(customer: Customer) -> Journey:
    """Log in, have a code sent (some are impatient and have two), wait for it and register, once; some codes are tried by somebody else."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield from customer.insists_on("register.code")
    if not customer.succeeded():
        return
    if customer.chance.happens(_ASKS_FOR_ANOTHER):
        yield customer.thinks("tap")
        yield from customer.insists_on("register.code")
    yield customer.thinks("read")
    yield customer.ask("sms.read")
    if not customer.knows("sms_code"):
        return
    if customer.chance.happens(_SEEN_BY_ANOTHER) and customer.tell_another("sms_code"):
        yield customer.ask("session.create")
        if customer.succeeded():
            yield customer.ask("register.submit", probe=Probe.FOREIGN)
        return
    if customer.chance.happens(_TWO_DEVICES):
        yield parallel(*(customer.ask("register.submit") for _ in range(2)))
    else:
        yield from customer.insists_on("register.submit")
    if customer.chance.happens(_COMES_AGAIN):
        yield customer.thinks("tap")
        yield customer.ask("register.submit")
