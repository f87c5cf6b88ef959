"""Who is invited by whom: inviters and friends are arrivals of the run's own crowd, so every load process draws the same graph.

How many each of those who invite asks says the scenario's crowd; nobody else invites. Friends come by the code of whoever has been waiting
longest for one.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from locustfiles.crowd.seeded_random import STREAM_INVITES, draw
from scenarios.plan.campaign_model import Invitation as Rule
from scenarios.plan.crowd import Inviting
from scenarios.plan.scenario import Scenario

INVITER, FRIEND = "invite-friends", "join-by-invitation"
"""The journeys of both."""

_TAIL_LEAST = 6
_HEAD_START_S = 5.0
"""Friends come no sooner after their inviter: by then the code is shared."""

_GATHERING_S = 12.0
"""Who meets has logged in, accepted and been verified by the bank by then."""

_RIVALS = 3
"""So many meet: the friend who completes the coupon, and two more."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """By whom a customer is invited, and when they count together with others, in seconds since T0; None where they need not."""

    inviter: int
    meets_at_s: float | None = None


@dataclass(slots=True)
class _Inviter:
    number: int
    at_s: float
    wants: int
    together: bool
    friends: list[tuple[int, float]] = field(default_factory=list)  # number, and when they arrive


Visit = tuple[str, int, float]
"""A journey, the customer who goes on it, and when they arrive, in seconds since T0."""


def invite_graph(visits: Iterable[Visit], scenario: Scenario, seed: int) -> dict[int, Invitation]:
    """The invitation of every customer who comes by one, from the visits of both journeys by time."""
    rule, habits = scenario.campaign.invitation, scenario.crowd.inviting
    waiting: deque[_Inviter] = deque()
    inviters: dict[int, _Inviter] = {}
    invited: set[int] = set()
    for journey, number, at_s in visits:
        if journey == INVITER and number not in inviters:
            inviters[number] = _Inviter(number, at_s, *_plans(number, rule, habits, seed))
            waiting.append(inviters[number])
        elif journey == FRIEND and number not in invited and waiting and waiting[0].at_s + _HEAD_START_S <= at_s:
            host = waiting[0]
            if host.number == number:
                continue
            invited.add(number)
            host.friends.append((number, at_s))
            if len(host.friends) == host.wants:
                waiting.popleft()
    return {number: one for host in inviters.values() for number, one in _invitations(host, rule.friends, scenario.lasts_s)}


def _plans(number: int, rule: Rule, habits: Inviting, seed: int) -> tuple[int, bool]:
    """How many a customer invites, and whether the last of them meet."""
    degree, together = (draw(seed, STREAM_INVITES, 2 * number + which) for which in (0, 1))
    meet = together < rule.together
    wants = _degree(degree, habits)
    return (max(wants, rule.friends + _RIVALS - 1) if meet else wants), meet


def _degree(drawn: float, habits: Inviting) -> int:
    two, five = habits.edges
    if drawn < two:
        return 1 + int(2 * drawn / two)
    if drawn < five:
        return 3 + int(3 * (drawn - two) / (five - two))
    rest = (1 - drawn) / (1 - five) if five < 1 else 1.0
    return min(habits.most, int(_TAIL_LEAST * rest ** (-1 / (habits.exponent - 1))))


def _invitations(host: _Inviter, needed: int, lasts_s: float) -> Iterator[tuple[int, Invitation]]:
    rivals = host.friends[needed - 1 : needed - 1 + _RIVALS] if host.together else []
    meets_at_s = max((at_s for _, at_s in rivals), default=0.0) + _GATHERING_S
    meeting = {number for number, _ in rivals} if len(rivals) > 1 and meets_at_s < lasts_s else set()
    for number, _ in host.friends:
        yield number, Invitation(host.number, meets_at_s if number in meeting else None)
