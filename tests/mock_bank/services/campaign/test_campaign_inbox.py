"""The message centre: each letter is pushed once, so many a day, and what is read is unread no longer."""

from collections import Counter
from typing import Any

import pytest
from services_world import Person, World, new_key, together


def pushed(services: World, person: Person, campaign: str, node: int = 0) -> tuple[str, int | None]:
    """The code of asking what the phone is to tell, and the letter."""
    answer = person.ask(services.campaigns[node], "POST", "/v1/pushes", {"campaign_id": campaign}, new_key())[1]
    return answer["code"], (answer["data"] or {}).get("letter")


def read(services: World, person: Person, campaign: str, letter: int, node: int = 0) -> tuple[str, int]:
    """The code of reading a letter, and how many are unread then."""
    body = {"campaign_id": campaign, "letter": letter}
    answer = person.ask(services.campaigns[node], "POST", "/v1/letters/reads", body, new_key())[1]
    return answer["code"], (answer["data"] or {}).get("unread", -1)


def inbox(services: World, person: Person, campaign: str) -> dict[str, Any]:
    """What the inbox shows."""
    data: dict[str, Any] = person.ask(services.campaigns[1], "GET", f"/v1/campaigns/{campaign}/inbox")[1]["data"]
    return data


def test_campaign_letters_are_pushed_once_each_and_no_more_a_day(services: World) -> None:
    """Of six at once through both centres two letters are pushed, each once; to another customer they are too; the third comes tomorrow."""
    name, [me, friend] = services.campaign(inbox={"letters": 3, "push_per_day": 2}), services.people(2)
    told = together([lambda n=n: pushed(services, me, name, n % 2) for n in range(6)])
    assert Counter(told) == {("OK", 1): 1, ("OK", 2): 1, ("PUSH_CAP_REACHED", None): 4}
    assert pushed(services, friend, name) == ("OK", 1)
    services.database.sql(f"update campaign.inboxes set day = day - 1 where campaign_id = '{name}'")  # noqa: S608 - our own values
    assert [pushed(services, me, name) for _ in range(2)] == [("OK", 3), ("NOTHING_TO_PUSH", None)]


def test_campaign_letter_that_is_read_is_unread_no_longer(services: World) -> None:
    """Two read three at once from two phones; each counts once, and the badge says what is left. A letter that there is not is none."""
    name, [me] = services.campaign(inbox={"letters": 3, "push_per_day": 2}), services.people(1)
    assert inbox(services, me, name) == {"letters": 3, "unread": 3, "read": []}
    told = together([lambda n=n: read(services, me, name, n // 2 + 1, n % 2) for n in range(4)])
    assert Counter(code for code, _ in told) == {"OK": 2, "ALREADY_READ": 2}
    assert sorted(left for code, left in told if code == "OK") == [1, 2]
    shown = inbox(services, me, name)
    assert (shown["unread"], sorted(row["letter"] for row in shown["read"])) == (1, [1, 2])
    assert read(services, me, name, 4)[0] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("switch", "pushes", "letters", "unread"),
    [("push_without_cap", "3", "3", "3"), ("push_again", "2", "1", "3"), ("unread_never_falls", "2", "2", "4"), ("", "2", "2", "3")],
    ids=["uncapped", "again", "never-falls", "without"],
)
def test_campaign_inbox_has_its_defects(services: World, switch: str, pushes: str, letters: str, unread: str) -> None:
    """By their switches alone: a phone asks three times, and a letter is read."""
    name, [me] = services.campaign(), services.people(1)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    asked = "; ".join(f"select code from campaign.push_letter('{new_key()}', '', '{me.no}', '{name}', 'A')" for _ in range(3))  # noqa: S608 - our own values
    counts = f"select count(*) || ' ' || count(distinct letter) from campaign.pushes where campaign_id = '{name}'"  # noqa: S608 - our own values
    reads = f"select data::json->>'unread' from campaign.read_letter('{new_key()}', '', '{me.no}', '{name}', 1, 'A')"  # noqa: S608 - our own values
    said = services.database.sql(f"begin; {on} {asked}; {counts}; {reads}; rollback").splitlines()[-2:]
    assert said == [f"{pushes} {letters}", unread]
