"""The rules of the campaign, read and accepted; who reads slowly finds that they have changed."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P2-12", "P3-02")

_TRIES = 2
_ACCEPTS_AGAIN = 0.1


def read_the_rules(customer: Customer) -> Journey:
    """Log in, read the rules and accept them; whoever is told that they have changed reads them again."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    for _ in range(_TRIES):
        yield customer.ask("rules.get")
        if not customer.succeeded() or not customer.knows("rules_version"):
            return
        yield customer.thinks("look")
        yield from customer.insists_on("rules.accept")
        if customer.succeeded():
            break
    if customer.chance.happens(_ACCEPTS_AGAIN):
        yield customer.ask("rules.accept")
