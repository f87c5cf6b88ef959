"""What the bank has for customers of each tier, and the thing that it is worth, which is sent to them."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey, parallel
from scenarios.plan.tiers import TIERS
from scenarios.run.outcomes import Probe

PLAN = ("P2-03", "P4-01")

_TRIES_ANOTHERS = 0.25
_AGAIN = 0.15
_SEEN_BY_ANOTHER = 0.1
_TWO_ADDRESSES = 0.25


def claim_a_right(customer: Customer) -> Journey:
    """Log in, let the bank say what one is, claim one's right, and say where its prize goes.

    Some try another tier's right first, and some their own again; some say two addresses, and some numbers of rights are tried by others.
    """
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
    if customer.succeeded() and customer.offered("parcel.order"):
        yield customer.thinks("tap")
        yield from _has_it_sent(customer)
    if customer.knows("tier_token") and customer.chance.happens(_AGAIN):
        yield customer.ask(f"right.{customer.session['tier']}")


def _has_it_sent(customer: Customer) -> Journey:
    """To an address of one's own."""
    if customer.chance.happens(_SEEN_BY_ANOTHER) and customer.tell_another("right_id"):
        yield customer.ask("session.create")
        if customer.succeeded():
            yield customer.ask("parcel.order", probe=Probe.FOREIGN, address=_address(customer))
            yield customer.ask("membership.get")
        return
    if customer.chance.happens(_TWO_ADDRESSES):
        yield parallel(*(customer.ask("parcel.order", address=_address(customer)) for _ in range(2)))
    else:
        yield from customer.insists_on("parcel.order", address=_address(customer))


def _address(customer: Customer) -> str:
    """Nobody's: there is no such town."""
    return f"测试市样例区{1 + customer.chance.below(999)}号{1 + customer.chance.below(99)}室"
