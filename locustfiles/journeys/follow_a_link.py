"""Somebody who comes by a link: of a friend, a star, an advertisement, a branch's poster, their manager, a booth or a group."""

from locustfiles.crowd.customer import Customer
from locustfiles.crowd.journey_steps import Journey

PLAN = ("P3-04", "P3-07", "P3-08", "P4-05", "P4-06", "P4-08")

_CHANNELS = ("social", "social", "social", "kol", "kol", "ad", "ad", "branch", "branch", "manager", "group", "booth")
"""As often as they stand here."""

_STAYS = 0.8
_FOLLOWS_ANOTHER = 0.1


def follow_a_link(customer: Customer) -> Journey:
    """See what it leads to, and leave, or log in and take part; some follow another one later. Few links bring most of the people."""
    chance = customer.chance
    channel, link = _CHANNELS[chance.below(len(_CHANNELS))], _link(customer)
    yield customer.ask("landing.get", channel=channel, link=link)
    yield customer.thinks("browse")
    if not chance.happens(_STAYS):
        return
    yield customer.ask("session.create")
    if not customer.succeeded():
        return
    yield from customer.insists_on("landing.attribute", channel=channel, link=link)
    yield customer.ask("zone.get")
    if chance.happens(_FOLLOWS_ANOTHER):
        yield customer.thinks("read")
        yield from customer.insists_on("landing.attribute", channel="group", link=_link(customer))
    yield customer.ask("landing.rank", channel="branch")


def _link(customer: Customer) -> str:
    """By a power of a uniform draw: a third of all have the same one."""
    return str(int(customer.shared.skew.links * customer.chance.uniform() ** 3) + 1)
