"""Claims for ever: a body built, an answer parsed, an ack written each time."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey
from scenarios.run.outcomes import Outcome


def bench_json(customer: Customer) -> Journey:
    """One claim after the other, each with a key of its own."""
    while True:
        claim = yield customer.ask("json.post", sku=customer.wish)
        if claim.outcome is not Outcome.SUCCESS or claim.extracted["state"] != "GRANTED":
            return
