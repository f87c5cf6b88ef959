"""Low-carbon points: each receipt once, and so many a day to one customer, on all devices together."""

from collections import Counter

import pytest
from services_acts import receipt
from services_world import Person, World, new_key, together


def earned(services: World, person: Person, campaign: str, payment: str, node: int = 0) -> str:
    """The code of showing a payment's receipt."""
    body = {"campaign_id": campaign, "receipt_token": receipt(person, payment, 500)}
    return str(person.ask(services.campaigns[node], "POST", "/v1/carbon-points", body, new_key())[1]["code"])


def test_campaign_low_carbon_points_end_at_the_days_cap(services: World) -> None:
    """Of six receipts at once through both centres two earn any, and later none; one that has earned its own is told so."""
    name, [me, friend] = services.campaign(carbon={"points": 5, "per_day": 2}), services.people(2)
    receipts = [new_key() for _ in range(6)]
    told = together([lambda n=n: earned(services, me, name, receipts[n], n % 2) for n in range(6)])
    assert Counter(told) == {"OK": 2, "CARBON_CAP_REACHED": 4}
    assert earned(services, me, name, receipts[told.index("OK")]) == "ALREADY_GREEN"
    assert earned(services, friend, name, new_key()) == "OK"


@pytest.mark.parametrize(("switch", "times"), [("carbon_without_cap", "4"), ("", "3")], ids=["uncapped", "without"])
def test_campaign_low_carbon_points_have_their_defect(services: World, switch: str, times: str) -> None:
    """By its switch alone: a customer shows four receipts."""
    name, [me] = services.campaign(), services.people(1)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    calls = (f"campaign.earn_carbon('{new_key()}', '', '{me.no}', '{name}', '{new_key()}', 'A')" for _ in range(4))
    asked = "; ".join(f"select code from {call}" for call in calls)  # noqa: S608 - our own values
    counts = f"select count(*) from campaign.carbon_points where campaign_id = '{name}'"  # noqa: S608 - our own values
    assert services.database.sql(f"begin; {on} {asked}; {counts}; rollback").splitlines()[-1] == times
