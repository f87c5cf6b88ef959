"""The daily check-in, with a red packet behind it."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P3-06", "P4-04")

_COMES_AGAIN = 0.15


def check_in(customer: Customer) -> Journey:
    """Log in, check in, open the red packet that came with it, and look at the streak; some try once more whether there is another one."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("tap")
    yield from customer.insists_on("checkin.post")
    if customer.succeeded() and customer.knows("redpacket_id"):
        yield customer.thinks("tap")
        yield from customer.insists_on("redpacket.open")
    yield customer.thinks("read")
    yield customer.ask("streak.get")
    if customer.chance.happens(_COMES_AGAIN):
        yield customer.ask("checkin.post")
        if customer.knows("redpacket_id"):
            yield customer.ask("redpacket.open")
