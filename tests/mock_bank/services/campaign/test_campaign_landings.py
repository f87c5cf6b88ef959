"""Landing pages: a customer is owed to the first link that they came by, and the lists count true."""

from collections import Counter
from typing import Any

import pytest
from services_world import Person, World, at, new_key, together


def comes(services: World, person: Person, campaign: str, link: str, node: int = 0, channel: str = "branch") -> str:
    """The code of coming by a link."""
    body = {"campaign_id": campaign, "channel": channel, "link": link}
    return str(person.ask(services.campaigns[node], "POST", "/v1/attributions", body, new_key())[1]["code"])


def listed(services: World, campaign: str, channel: str = "branch") -> list[dict[str, Any]]:
    """The links of a channel that brought most."""
    _, envelope = services.campaigns[1].call("GET", f"/v1/campaigns/{campaign}/sources?channel={channel}")
    sources: list[dict[str, Any]] = envelope["data"]["sources"]
    return sources


def test_campaign_customer_is_owed_to_the_first_link(services: World) -> None:
    """Of four at once through both centres one counts; another link later does not."""
    name, [me] = services.campaign(), services.people(1)
    told = together([lambda n=n: comes(services, me, name, str(n), n % 2) for n in range(4)])
    assert Counter(told) == {"OK": 1, "ALREADY_ATTRIBUTED": 3}
    assert comes(services, me, name, "9", channel="kol") == "ALREADY_ATTRIBUTED"
    assert [(entry["link"], entry["customers"]) for entry in listed(services, name)] == [(str(told.index("OK")), 1)]
    assert listed(services, name, "kol") == []


def test_campaign_links_count_all_who_come_at_once(services: World) -> None:
    """Nine by one link and three by another; of equal ones by name."""
    name, people = services.campaign(), services.people(15)
    links = ["7"] * 9 + ["2"] * 3 + ["10"] * 3
    assert set(together([lambda n=n: comes(services, people[n], name, links[n], n % 2) for n in range(15)])) == {"OK"}
    assert [(entry["rank"], entry["link"], entry["customers"]) for entry in listed(services, name)] == [
        (1, "7", 9),
        (2, "10", 3),
        (3, "2", 3),
    ]


def test_campaign_landing_is_shown_to_anybody(services: World) -> None:
    """Without a login; a channel that there is not, and a link without end, are refused."""
    name = services.campaign()
    page = f"/v1/campaigns/{name}/landing"
    status, envelope = services.campaigns[0].call("GET", f"{page}?channel=booth&link=3")
    assert (status, envelope["data"]["channel"], envelope["data"]["link"]) == (200, "booth", "3")
    for wrong in ("channel=moon&link=3", "channel=booth", f"channel=booth&link={'3' * 41}"):
        assert services.campaigns[0].call("GET", f"{page}?{wrong}")[0] == 400, wrong


def test_campaign_attribution_is_kept_while_the_campaign_is(services: World) -> None:
    """Before its bell and while it is paused, and not when it is over."""
    [me, friend, late] = services.people(3)
    soon, over = services.campaign(start_at=at(300)), services.campaign(end_at=at(-30))
    assert comes(services, me, soon, "1") == "OK"
    assert comes(services, friend, over, "1") == "ENDED"
    assert comes(services, late, "none", "1") == "NOT_FOUND"


@pytest.mark.parametrize(
    ("switch", "found"),
    [("last_link_wins", ["2", "kol/2"]), ("source_counts_twice", ["4", "kol/1"]), ("", ["2", "kol/1"])],
    ids=["last", "twice", "without"],
)
def test_campaign_landings_have_their_defects(services: World, switch: str, found: list[str]) -> None:
    """Each by its switch alone: two customers come by the first link, and one of them by another."""
    name, (me, friend) = services.campaign(), services.people(2)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    walked = ((me, "1"), (friend, "1"), (me, "2"))
    came = "; ".join(
        f"select code from campaign.attribute('{new_key()}', '', '{one.no}', '{name}', 'kol', '{link}', 'A')"  # noqa: S608 - our own values
        for one, link in walked
    )
    counts = f"select sum(customers) from campaign.sources where campaign_id = '{name}'"  # noqa: S608 - our own values
    whose = f"select channel || '/' || link from campaign.attributions where campaign_id = '{name}' and customer_no = '{me.no}'"  # noqa: S608 - our own values
    told = services.database.sql(f"begin; {on} {came}; {counts}; {whose}; rollback").splitlines()
    assert told[-2:] == found
