"""Tickets: responded to by as many people as there are, the oldest first, whatever the campaign's state."""

import pytest
from services_world import Person, World, new_key, wait_for


def ticket(services: World, person: Person, campaign: str, category: str = "complaint") -> tuple[str, str]:
    """Code and id of a new ticket."""
    body = {"campaign_id": campaign, "category": category, "text": "没有到账"}
    envelope = person.ask(services.campaigns[0], "POST", "/v1/tickets", body, new_key())[1]
    return envelope["code"], envelope["data"]["ticket_id"] if envelope["data"] else ""


def answered(services: World, campaign: str) -> list[str]:
    """Tickets of a campaign that somebody has responded to."""
    rows = [row for row in services.campaigns[1].read_back("/v1/ops/tickets") if row["campaign_id"] == campaign]
    return [row["effect_id"] for row in rows if row["answered_at_ms"] is not None]


def test_campaign_ticket_is_responded_to_and_its_customer_sees_it(services: World) -> None:
    """By whoever is free; nobody else sees it."""
    name = services.campaign(desk={"agents": 5, "handle_ms": 50})
    me, other = services.people(2)
    _, mine = ticket(services, me, name)
    shown = lambda person: person.ask(services.campaigns[1], "GET", f"/v1/tickets/{mine}")  # noqa: E731 - a phrase
    wait_for(lambda: shown(me)[1]["data"]["state"] == "ANSWERED", "somebody responds")
    assert shown(me)[1]["data"]["answered_at_ms"] >= shown(me)[1]["data"]["at_ms"]
    assert shown(other)[0] == 404


def test_campaign_desk_answers_as_many_as_there_are_people_the_oldest_first(services: World) -> None:
    """Two people who need an hour each, and five tickets: the first two."""
    name = services.campaign(desk={"agents": 2, "handle_ms": 3_600_000})
    (me,) = services.people(1)
    opened = [ticket(services, me, name)[1] for _ in range(5)]
    wait_for(lambda: len(answered(services, name)) == 2, "both have responded")
    services.database.sql("select campaign.answer_tickets()")
    assert sorted(answered(services, name)) == sorted(opened[:2])


def test_campaign_paused_still_takes_complaints(services: World) -> None:
    """Who is angry must be heard."""
    name = services.campaign(desk={"agents": 0})
    (me,) = services.people(1)
    services.campaigns[0].ops("POST", f"/v1/ops/campaigns/{name}/pause", {"actor": "a", "reason": "r"})
    assert ticket(services, me, name, "appeal")[0] == "OK"
    assert ticket(services, me, "nowhere")[0] == "NOT_FOUND"


@pytest.mark.parametrize(("switch", "responded"), [("desk_asleep", 0), ("", 1)], ids=["with-the-defect", "without"])
def test_campaign_desk_sleeps_only_by_defect(services: World, switch: str, responded: int) -> None:
    """A round of the desk in the database, for a desk that nobody else sees to."""
    name = services.campaign(desk={"agents": 0})
    (me,) = services.people(1)
    ticket(services, me, name)
    on = f"select set_config('mock.{switch}', 'on', false);" if switch else ""
    busy = f"update campaign.desks set agents = 1 where campaign_id = '{name}'"  # noqa: S608 - our own values
    rows = f"select count(*) from campaign.tickets where campaign_id = '{name}' and answered_at is not null"  # noqa: S608 - our own values
    held = "select pg_advisory_xact_lock(hashtextextended('desks', 5))"
    said = services.database.sql(f"{on} begin; {held}; {busy}; select campaign.answer_tickets(); {rows}; rollback")
    assert int(said.split()[-1]) == responded
