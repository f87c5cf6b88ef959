"""Who is invited by whom: the same for every load process, one inviter each, some who meet."""

from collections import Counter
from itertools import chain

from locustfiles_kit import scenario

from locustfiles.crowd.invite_graph import FRIEND, INVITER, Invitation, Visit, invite_graph
from scenarios.plan.scenario import Scenario


def graph(visits: list[Visit], *, together: float = 0.0, friends: int = 3, lasts: float = 1000) -> dict[int, Invitation]:
    """That of these visits."""
    return invite_graph(visits, planned(together=together, friends=friends, lasts=lasts), seed=7)


def planned(*, together: float, friends: int, lasts: float) -> Scenario:
    """A scenario with such a rule."""
    rule = {"friends": friends, "together": together}
    return scenario(phases=[{"name": "all", "lasts": lasts, "arrivals": 1}], campaign={"invitation": rule})


def wave(inviters: int, friends: int) -> list[Visit]:
    """So many who invite, one a second, and then so many who come."""
    first: list[Visit] = [(INVITER, number, float(number)) for number in range(inviters)]
    return first + [(FRIEND, inviters + number, inviters + 10.0 + number / 10) for number in range(friends)]


def test_friends_come_after_their_inviter_and_have_one() -> None:
    """Nobody is invited by themselves, nor by who has not shared a code yet."""
    visits = wave(100, 150)
    arrived = {number: at_s for journey, number, at_s in visits if journey == INVITER}
    found = graph(visits)
    assert len(found) == 150
    for number, invitation in found.items():
        assert invitation.inviter != number
        assert arrived[invitation.inviter] + 5 <= 110 + number / 10


def test_most_invite_one_or_two_and_a_few_very_many() -> None:
    """The shares of those who invite anybody."""
    brought = Counter(invitation.inviter for invitation in graph(wave(900, 9000), lasts=20_000).values())
    shares = Counter("few" if count <= 2 else "some" if count <= 5 else "many" for count in brought.values())
    assert 0.60 < shares["few"] / len(brought) < 0.73
    assert 0.20 < shares["some"] / len(brought) < 0.33
    assert 0.03 < shares["many"] / len(brought) < 0.11
    assert 20 < max(brought.values()) <= 500


def test_third_fourth_and_fifth_friends_meet_at_one_instant() -> None:
    """Of every inviter where all are to: those three and nobody else, when the last of them has come and been verified."""
    visits = wave(20, 400)
    arrived = {number: at_s for journey, number, at_s in visits if journey == FRIEND}
    found = graph(visits, together=1.0)
    of: dict[int, list[tuple[float, float | None]]] = {}
    for number, invitation in found.items():
        of.setdefault(invitation.inviter, []).append((arrived[number], invitation.meets_at_s))
    whole = [sorted(friends) for friends in of.values() if len(friends) >= 5]
    assert len(whole) >= 19
    for friends in whole:
        first, meeting, later = friends[:2], friends[2:5], friends[5:]
        assert {meets for _, meets in chain(first, later)} <= {None}
        (instant,) = {meets for _, meets in meeting}
        assert instant == max(at_s for at_s, _ in meeting) + 12


def test_nobody_waits_for_a_meeting_after_the_load() -> None:
    """Friends of the last seconds go on at once."""
    assert {invitation.meets_at_s for invitation in graph(wave(20, 400), together=1.0, lasts=40).values()} == {None}


def test_who_comes_twice_is_invited_once() -> None:
    """And who has come before anybody invites is invited by nobody."""
    found = graph([(FRIEND, 5, 0.0), (INVITER, 1, 1.0), (FRIEND, 2, 10.0), (FRIEND, 2, 11.0), (INVITER, 1, 12.0)])
    assert {number: invitation.inviter for number, invitation in found.items()} == {2: 1}
