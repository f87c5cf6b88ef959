"""Recommendations: worked out for a few at once, the plain list for all others."""

from services_world import Person, World, new_key, together

from mock_bank.services.kit.bulkhead import AT_ONCE


def recommended(services: World, person: Person) -> tuple[tuple[str, ...], bool]:
    """The items, and whether they are the plain list."""
    status, envelope = person.ask(services.campaigns[0], "GET", "/v1/recommendations")
    assert status == 200, envelope
    return tuple(envelope["data"]["items"]), envelope["data"]["plain"]


def test_campaign_recommends_what_others_of_like_habits_have(services: World) -> None:
    """Two have the same thing, and one of them another one: that is for the other. Who has nothing is shown the plain list."""
    one, other, newcomer = services.people(3)
    for person, item in ((one, "gold"), (other, "gold"), (other, "silver")):
        name = services.campaign(sku={"sku": f"{item}-{one.no}"})
        token = person.ask(services.campaigns[0], "GET", f"/v1/activities/a{name}/token")[1]["data"]["activity_token"]
        claim = {"sku": f"{item}-{one.no}", "batch_id": "b1", "activity_token": token}
        assert person.ask(services.campaigns[0], "POST", f"/v1/activities/a{name}/claims", claim, new_key())[0] == 200
    assert recommended(services, one) == ((f"silver-{one.no}",), False)
    assert recommended(services, newcomer) == (("deposit", "money-fund", "credit-card"), True)


def test_campaign_recommends_the_plain_list_to_whom_it_has_no_room_for(services: World) -> None:
    """Everybody is answered; of many who ask at the same moment those beyond the bulkhead wait for nothing."""
    person = services.people(1)[0]
    told = together([lambda: recommended(services, person)] * (4 * AT_ONCE), threads=4 * AT_ONCE)
    assert len(told) == 4 * AT_ONCE
