"""What the bank has for customers of each tier."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey
from scenarios.plan.tiers import TIERS

PLAN = ("P2-03",)

_TRIES_ANOTHERS = 0.25
_AGAIN = 0.15


def claim_a_right(customer: Customer) -> Journey:
    """Log in, let the bank say what one is, and claim one's right; some try another tier's first, and some their own again."""
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield customer.ask("membership.get")
    if not customer.succeeded():
        return
    if customer.chance.happens(_TRIES_ANOTHERS):
        yield from customer.insists_on(f"right.{TIERS[customer.chance.below(len(TIERS))]}")
        yield customer.thinks("look")
    mine = f"right.{customer.session['tier']}"
    yield from customer.insists_on(mine)
    if customer.chance.happens(_AGAIN):
        yield customer.ask(mine)
