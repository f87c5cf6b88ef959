"""The task ladder: one rung after another, each once, each by a payment of its own."""

from collections import Counter

import pytest
from services_acts import receipt
from services_world import Person, World, new_key, together


def climbs(services: World, person: Person, campaign: str, rung: int, token: str = "", node: int = 0) -> str:
    """The code of doing a rung."""
    body = {"campaign_id": campaign, "rung": rung, "receipt_token": token or receipt(person, new_key(), 500)}
    return str(person.ask(services.campaigns[node], "POST", "/v1/tasks/completions", body, new_key())[1]["code"])


def test_campaign_ladder_is_climbed_from_below(services: World) -> None:
    """A rung is locked until the one below it is done; its red packet can be opened."""
    name, [me] = services.campaign(redpacket={"pool_fen": 1000, "min_fen": 1, "max_fen": 50}), services.people(1)
    assert [climbs(services, me, name, rung) for rung in (2, 1, 3, 2, 1)] == ["LOCKED", "OK", "LOCKED", "OK", "ALREADY_DONE"]
    body, key = {"campaign_id": name, "rung": 3, "receipt_token": receipt(me, new_key(), 500)}, new_key()
    won = me.ask(services.campaigns[1], "POST", "/v1/tasks/completions", body, key)[1]["data"]["redpacket_id"]
    assert me.ask(services.campaigns[0], "POST", f"/v1/redpackets/{won}/open", None, new_key())[1]["code"] == "OK"


def test_campaign_rung_is_done_once_and_a_payment_does_one(services: World) -> None:
    """Of four at once through both centres one is done; its payment does no other rung."""
    name, [me] = services.campaign(), services.people(1)
    token = receipt(me, new_key(), 500)
    told = together([lambda n=n: climbs(services, me, name, 1, token, n % 2) for n in range(4)])
    assert Counter(told) == {"OK": 1, "ALREADY_DONE": 3}
    assert [climbs(services, me, name, 2, token), climbs(services, me, name, 2)] == ["ALREADY_USED", "OK"]


@pytest.mark.parametrize(("switch", "code"), [("rungs_unlocked", "OK"), ("", "LOCKED")], ids=["unlocked", "without"])
def test_campaign_ladder_has_its_defect(services: World, switch: str, code: str) -> None:
    """By its switch alone: a customer begins at the top."""
    name, [me] = services.campaign(), services.people(1)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    asked = f"select code from campaign.climb('{new_key()}', '', '{me.no}', '{name}', 3, 'p-{new_key()}', 'A')"  # noqa: S608 - our own values
    assert services.database.sql(f"begin; {on} {asked}; rollback").splitlines()[-1] == code
