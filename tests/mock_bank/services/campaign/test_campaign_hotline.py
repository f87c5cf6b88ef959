"""Lines before persons: as many calls at a time as there are agents, whoever has waited longest first, whatever the campaign's state."""

from typing import Any

import pytest
from services_world import Person, World, new_key, wait_for

HOUR_MS = 3_600_000


def call(services: World, person: Person, campaign: str, line: str = "hotline") -> dict[str, Any]:
    """What is told of a new call; only its code where it is refused."""
    envelope = person.ask(services.campaigns[0], "POST", "/v1/calls", {"campaign_id": campaign, "line": line}, new_key())[1]
    return envelope["data"] or {"code": envelope["code"]}


def taken(services: World, campaign: str) -> list[str]:
    """Calls of a campaign that an agent has taken."""
    rows = [row for row in services.campaigns[1].read_back("/v1/ops/calls") if row["campaign_id"] == campaign]
    return [row["effect_id"] for row in rows if row["answered_at_ms"] is not None]


def test_campaign_call_is_answered_and_its_customer_sees_how_many_wait_before(services: World) -> None:
    """One agent for an hour each: the first is answered, the others see their places; nobody else sees them."""
    name = services.campaign(lines={"hotline": 1, "video": 1, "call_ms": HOUR_MS})
    me, other = services.people(2)
    calls = [call(services, me, name)["call_id"] for _ in range(3)]
    shown = lambda person, which: person.ask(services.campaigns[1], "GET", f"/v1/calls/{which}")  # noqa: E731 - a phrase
    wait_for(lambda: shown(me, calls[0])[1]["data"]["state"] == "ANSWERED", "an agent takes the first")
    told = [shown(me, which)[1]["data"] for which in calls]
    assert [(one["state"], one["ahead"]) for one in told] == [("ANSWERED", 0), ("WAITING", 0), ("WAITING", 1)]
    assert told[0]["answered_at_ms"] >= told[0]["at_ms"]
    assert shown(other, calls[0])[0] == 404


def test_campaign_lines_have_agents_of_their_own(services: World) -> None:
    """Two on the telephone and one at the camera, and four calls each: three are answered, and again none in the same hour."""
    name = services.campaign(lines={"hotline": 2, "video": 1, "call_ms": HOUR_MS})
    (me,) = services.people(1)
    opened = {line: [call(services, me, name, line)["call_id"] for _ in range(4)] for line in ("hotline", "video")}
    wait_for(lambda: len(taken(services, name)) == 3, "all agents have one")
    services.database.sql("select campaign.take_calls()")
    assert sorted(taken(services, name)) == sorted([*opened["hotline"][:2], opened["video"][0]])


def test_campaign_paused_still_answers_calls(services: World) -> None:
    """Who is angry must be heard; of a campaign that is nowhere nobody speaks."""
    name = services.campaign(lines={"hotline": 0, "video": 0, "call_ms": 1})
    (me,) = services.people(1)
    services.campaigns[0].ops("POST", f"/v1/ops/campaigns/{name}/pause", {"actor": "a", "reason": "r"})
    assert call(services, me, name, "video")["state"] == "WAITING"
    assert call(services, me, "nowhere") == {"code": "NOT_FOUND"}


@pytest.mark.parametrize(("switch", "first"), [("last_caller_first", 1), ("", 0)], ids=["with-the-defect", "without"])
def test_campaign_last_caller_is_first_only_by_defect(services: World, switch: str, first: int) -> None:
    """A round in the database, for a line that nobody else sees to."""
    name = services.campaign(lines={"hotline": 0, "video": 0, "call_ms": HOUR_MS})
    (me,) = services.people(1)
    calls = [call(services, me, name)["call_id"] for _ in range(2)]
    on = f"select set_config('mock.{switch}', 'on', false);" if switch else ""
    one = f"update campaign.lines set agents = 1 where campaign_id = '{name}'"  # noqa: S608 - our own values
    rows = f"select call_id from campaign.conversations where campaign_id = '{name}' and answered_at is not null"  # noqa: S608 - our own values
    held = "select pg_advisory_xact_lock(hashtextextended('lines', 6))"
    said = services.database.sql(f"{on} begin; {held}; {one}; select campaign.take_calls(); {rows}; rollback")
    assert said.splitlines()[-1] == calls[first]
