"""Pop-ups: so often a day to one customer, on all devices together."""

from collections import Counter

import pytest
from services_world import Person, World, new_key, together


def shown(services: World, person: Person, campaign: str, view: str, node: int = 0) -> str:
    """The code of asking for a pop-up."""
    body = {"campaign_id": campaign, "view": view}
    return str(person.ask(services.campaigns[node], "POST", "/v1/popups", body, new_key())[1]["code"])


def test_campaign_popups_end_at_the_days_cap(services: World) -> None:
    """Of six at once through both centres two are shown, and later none; to another customer they are."""
    name, [me, friend] = services.campaign(popup={"per_day": 2}), services.people(2)
    told = together([lambda n=n: shown(services, me, name, str(n), n % 2) for n in range(6)])
    assert Counter(told) == {"OK": 2, "CAP_REACHED": 4}
    assert shown(services, me, name, "9") == "CAP_REACHED"
    assert shown(services, friend, name, "9") == "OK"


def test_campaign_popup_asked_for_again_is_not_another_one(services: World) -> None:
    """Of one view at once through both centres one is shown, and it counts once."""
    name, [me] = services.campaign(popup={"per_day": 2}), services.people(1)
    assert Counter(together([lambda n=n: shown(services, me, name, "1", n % 2) for n in range(4)])) == {"OK": 1, "ALREADY_SHOWN": 3}
    assert [shown(services, me, name, view) for view in ("2", "3", "1")] == ["OK", "CAP_REACHED", "ALREADY_SHOWN"]


@pytest.mark.parametrize(("switch", "times"), [("popup_without_cap", "4"), ("", "3")], ids=["uncapped", "without"])
def test_campaign_popups_have_their_defect(services: World, switch: str, times: str) -> None:
    """By its switch alone: a customer asks four times."""
    name, [me] = services.campaign(), services.people(1)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    asked = "; ".join(f"select code from campaign.show_popup('{new_key()}', '', '{me.no}', '{name}', '{n}', 'A')" for n in range(4))  # noqa: S608 - our own values
    counts = f"select count(*) from campaign.popups where campaign_id = '{name}'"  # noqa: S608 - our own values
    assert services.database.sql(f"begin; {on} {asked}; {counts}; rollback").splitlines()[-1] == times
