"""The gift at a booth: for who has registered, once each, however often they tap."""

import pytest
from services_acts import code_of, register
from services_world import Person, World, new_key, together


def gift(services: World, person: Person, campaign: str, node: int = 0, key: str = "") -> str:
    """The code of asking for it."""
    asked = person.ask(services.campaigns[node], "POST", "/v1/booth-gifts", {"campaign_id": campaign}, key or new_key())
    return str(asked[1]["code"])


def test_campaign_gift_is_for_who_has_registered_and_once(services: World) -> None:
    """Asked for before, by the same key after it, and by three taps at once through both centres."""
    name, (me, friend) = services.campaign(), services.people(2)
    key = new_key()
    assert gift(services, me, name, key=key) == "NOT_REGISTERED"
    for who in (me, friend):
        assert register(services, who, name, code_of(services, who, name)) == "OK"
    assert [gift(services, me, name, key=key) for _ in range(2)] == ["OK", "OK"]
    told = together([lambda n=n: gift(services, friend, name, n % 2) for n in range(3)])
    assert sorted(told) == ["GIFT_GIVEN", "GIFT_GIVEN", "OK"]
    assert gift(services, me, name) == "GIFT_GIVEN"


@pytest.mark.parametrize(("switch", "code"), [("gift_again", "OK"), ("", "GIFT_GIVEN")], ids=["again", "once"])
def test_campaign_gifts_have_their_defect(services: World, switch: str, code: str) -> None:
    """By its switch alone: a customer who has had the gift asks for it."""
    name, [me] = services.campaign(), services.people(1)
    assert register(services, me, name, code_of(services, me, name)) == "OK"
    assert gift(services, me, name) == "OK"
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    asked = f"select code from campaign.give_gift('{new_key()}', '', '{me.no}', '{name}', 'A')"  # noqa: S608 - our own values
    assert services.database.sql(f"begin; {on} {asked}; rollback").splitlines()[-1] == code
