"""Advisers: an hour is one customer's, and nobody has two."""

from collections import Counter

import pytest
from services_world import Person, World, new_key, together


def books(services: World, person: Person, campaign: str, slot: int, node: int = 0) -> str:
    """The code of booking an hour."""
    body = {"campaign_id": campaign, "slot": slot}
    return str(person.ask(services.campaigns[node], "POST", "/v1/advisers/bookings", body, new_key())[1]["code"])


def free(services: World, campaign: str) -> list[int]:
    """The hours that are free."""
    hours: list[int] = services.campaigns[1].call("GET", f"/v1/campaigns/{campaign}/advisers")[1]["data"]["free"]
    return hours


def test_campaign_adviser_has_one_customer_in_an_hour(services: World) -> None:
    """Of six at once through both centres one has it; the list says so."""
    name, people = services.campaign(advisers={"slots": 3}), services.people(6)
    told = together([lambda n=n: books(services, people[n], name, 2, n % 2) for n in range(6)])
    assert Counter(told) == {"OK": 1, "SLOT_TAKEN": 5}
    assert free(services, name) == [1, 3]


def test_campaign_customer_has_one_hour(services: World) -> None:
    """Of three hours at once one; the others stay free for others. An hour that there is not is none."""
    name, [me, friend] = services.campaign(advisers={"slots": 3}), services.people(2)
    told = together([lambda n=n: books(services, me, name, n + 1, n % 2) for n in range(3)])
    assert Counter(told) == {"OK": 1, "ALREADY_BOOKED": 2}
    assert len(free(services, name)) == 2
    assert books(services, friend, name, 4) == "NOT_FOUND"
    assert books(services, friend, name, free(services, name)[0]) == "OK"


@pytest.mark.parametrize(("switch", "given"), [("slot_taken_twice", "2"), ("", "1")], ids=["twice", "without"])
def test_campaign_advisers_have_their_defect(services: World, switch: str, given: str) -> None:
    """By its switch alone: two customers book one hour."""
    name, people = services.campaign(), services.people(2)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    booked = "; ".join(f"select code from campaign.book_adviser('{new_key()}', '', '{one.no}', '{name}', 1, 'A')" for one in people)  # noqa: S608 - our own values
    counts = f"select count(*) from campaign.bookings where campaign_id = '{name}'"  # noqa: S608 - our own values
    assert services.database.sql(f"begin; {on} {booked}; {counts}; rollback").splitlines()[-1] == given
