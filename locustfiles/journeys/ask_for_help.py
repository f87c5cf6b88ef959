"""A question for the robot, and a ticket where it does not help; or a complaint, which goes to a person at once."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.enquiries import TOPICS, phrase
from locustfiles.crowd.journey_steps import Journey, parallel

PLAN = ("P2-12", "P4-13", "P5-08", "P5-09", "P5-10")

_COMPLAINS = 0.15
_APPEALS = 0.4
_LOOKS = 3
_CALLS = 0.5
"""Of those to whose ticket nobody has responded by then."""
_ACCEPTS_TWICE = 0.3


def ask_for_help(customer: Customer) -> Journey:
    """Log in, ask the robot in words of one's own, open a ticket if the answer is none, and see who responds; complaints earn a coupon."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("look")
    topic = TOPICS[customer.chance.below(len(TOPICS))]
    text, category = phrase(topic, customer.chance.uniform()), "enquiry"
    if customer.chance.happens(_COMPLAINS):
        category = "appeal" if customer.chance.happens(_APPEALS) else "complaint"
    else:
        yield from customer.insists_on("robot.message", text=text, topic=topic)
        if customer.succeeded() and customer.session.get("intent") == topic:
            return
        yield customer.thinks("tap")
    yield from customer.insists_on("ticket.create", category=category, text=text)
    for _ in range(_LOOKS if customer.succeeded() else 0):
        yield customer.thinks("read")
        yield customer.ask("ticket.get")
        if customer.session.get("ticket_state") == "ANSWERED":
            break
    else:
        if customer.succeeded() and customer.offered("call.request") and customer.chance.happens(_CALLS):
            yield from customer.insists_on("call.request", line="hotline")
    if category != "complaint" or customer.session.get("ticket_state") != "ANSWERED":
        return
    if customer.chance.happens(_ACCEPTS_TWICE):
        yield parallel(*(customer.ask("compensation.accept") for _ in range(2)))
    else:
        yield from customer.insists_on("compensation.accept")
