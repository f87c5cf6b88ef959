"""Letters that come to the phone, so many a day, and wait in the inbox until they are read."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P3-01",)

_LOOKS_MEAN = 2.5
_TWO_DEVICES = 0.25
_READS = 0.8
_READS_AGAIN = 0.15


def message_centre(customer: Customer) -> Journey:
    """Log in; some times let the phone ask what there is to tell (now and then two phones at once), and read what it was told of."""
    chance = customer.chance
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("inbox.get")
    for _ in range(chance.geometric(_LOOKS_MEAN)):
        if chance.happens(_TWO_DEVICES):
            yield parallel(customer.ask("push.next"), customer.ask("push.next"))
        else:
            yield from customer.insists_on("push.next")
        yield customer.thinks("tap")
        if customer.knows("letter") and chance.happens(_READS):
            yield from customer.insists_on("letter.read")
            if chance.happens(_READS_AGAIN):
                yield customer.ask("letter.read")
    yield customer.ask("inbox.get")
