"""The robot, then the hotline, then video: three levels of help, each with a line before it."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.enquiries import TOPICS, phrase
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P5-08",)

_WANTS_A_PERSON = 0.4
_SHOWS_SOMETHING = 0.3
_LOOKS = 6


def call_for_help(customer: Customer) -> Journey:
    """Log in and ask the robot; who is not helped, or wants a person, waits for the hotline, and some are sent on to video."""
    chance = customer.chance
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.thinks("tap")
    topic = TOPICS[chance.below(len(TOPICS))]
    yield from customer.insists_on("robot.message", text=phrase(topic, chance.uniform()), topic=topic)
    if customer.succeeded() and customer.session.get("intent") == topic and not chance.happens(_WANTS_A_PERSON):
        return
    yield from _waits(customer, "hotline")
    if customer.session.get("call_state") == "ANSWERED" and chance.happens(_SHOWS_SOMETHING):
        yield customer.thinks("read")
        yield from _waits(customer, "video")


def _waits(customer: Customer, line: str) -> Journey:
    """Until somebody answers, or for so many looks; the place in the line stays theirs."""
    yield from customer.insists_on("call.request", line=line)
    for _ in range(_LOOKS if customer.succeeded() else 0):
        yield customer.thinks("poll")
        yield customer.ask("call.get")
        if customer.session.get("call_state") == "ANSWERED":
            return
