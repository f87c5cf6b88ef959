"""The rules page: only the version in force can be accepted, and grants name it."""

from collections import Counter
from typing import Any

import pytest
from services_world import Person, World, new_key, together


def shown(services: World, person: Person, campaign: str) -> int:
    """The version that the page shows."""
    return int(person.ask(services.campaigns[1], "GET", f"/v1/campaigns/{campaign}/rules")[1]["data"]["version"])


def accepts(services: World, person: Person, campaign: str, version: int, node: int = 0) -> tuple[str, int]:
    """The code of accepting, and the version that the answer names."""
    body = {"campaign_id": campaign, "version": version}
    answer = person.ask(services.campaigns[node], "POST", "/v1/rules/acceptances", body, new_key())[1]
    data: dict[str, Any] = answer["data"] or {}
    return answer["code"], data.get("version", 0)


def changes(services: World, campaign: str) -> None:
    """The second version is in force from now on."""
    services.database.sql(f"update campaign.rules set from_at = now() - interval '1 s' where campaign_id = '{campaign}' and version = 2")  # noqa: S608 - our own values


def granted_under(services: World, campaign: str) -> list[int | None]:
    """The versions that the grants of a campaign name, as they are read back, the first first."""
    rows = [row for row in services.campaigns[0].read_back("/v1/ops/grants") if row["campaign_id"] == campaign]
    return [row["rules"] for row in sorted(rows, key=lambda row: row["at_ms"])]


def test_campaign_rules_in_force_alone_can_be_accepted(services: World) -> None:
    """Once, from two phones at once; when they change, the page says so at once, and who has read the old ones is told to read again."""
    name, [me, friend] = services.campaign(rules={"changes_at": "2100-01-01T00:00:00Z"}), services.people(2)
    assert shown(services, me, name) == 1
    told = together([lambda n=n: accepts(services, me, name, 1, n % 2) for n in range(4)])
    assert Counter(told) == {("OK", 1): 1, ("ALREADY_ACCEPTED", 1): 3}
    assert accepts(services, friend, name, 2) == ("RULES_CHANGED", 1)
    changes(services, name)
    assert shown(services, friend, name) == 2
    assert accepts(services, friend, name, 1) == ("RULES_CHANGED", 2)
    assert accepts(services, friend, name, 2) == accepts(services, me, name, 2) == ("OK", 2)


def test_campaign_grants_name_the_rules_that_they_were_made_under(services: World) -> None:
    """Before the change the first version, behind it the second."""
    name, [me, friend] = services.campaign(rules={"changes_at": "2100-01-01T00:00:00Z"}), services.people(2)
    assert me.claim(services.campaigns[0], f"a{name}")[0] == 200
    changes(services, name)
    assert friend.claim(services.campaigns[0], f"a{name}")[0] == 200
    assert granted_under(services, name) == [1, 2]


@pytest.mark.parametrize(
    ("switch", "said"),
    [("old_rules_accepted", "OK 2"), ("grants_name_first_rules", "RULES_CHANGED 1"), ("", "RULES_CHANGED 2")],
    ids=["old-accepted", "first-named", "without"],
)
def test_campaign_rules_have_their_defects(services: World, switch: str, said: str) -> None:
    """By their switches alone: the first version is accepted behind the change, and a grant is made."""
    name, [me] = services.campaign(rules={"changes_at": "2020-01-01T00:00:00Z"}), services.people(1)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    call = (
        f"select code || ' ' || campaign.granted_under('{name}') from campaign.accept_rules('{new_key()}', '', '{me.no}', '{name}', 1, 'A')"  # noqa: S608 - our own values
    )
    assert services.database.sql(f"begin; {on} {call}; rollback").splitlines()[-1] == said
