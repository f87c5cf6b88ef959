"""The app's first page, whose pop-up comes up so often a day and no more."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P3-03", "P6-01")

_LOOKS_MEAN = 2.5
_TWO_DEVICES = 0.2
_ASKS_AGAIN = 0.1


def home_page(customer: Customer) -> Journey:
    """Log in and open the first page some times, now and then on two devices at once; each opening asks for its pop-up."""
    chance = customer.chance
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    for _ in range(chance.geometric(_LOOKS_MEAN)):
        view = customer.order_id()
        if chance.happens(_TWO_DEVICES):
            yield parallel(customer.ask("popup.show", view=view), customer.ask("popup.show", view=customer.order_id()))
        else:
            yield parallel(customer.ask("exposure.carousel"), customer.ask("popup.show", view=view))
        if chance.happens(_ASKS_AGAIN):
            yield customer.ask("popup.show", view=view)
        yield customer.thinks("look")
    yield customer.ask("beacon.post")
