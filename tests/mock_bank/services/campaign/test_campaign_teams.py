"""Teams: no larger than they may be, one for each customer, and scored by what their members pay."""

from collections import Counter
from typing import Any

import pytest
from services_acts import grants_of, receipt
from services_world import Person, World, at, new_key, together, wait_for


def join(services: World, person: Person, campaign: str, team: str, node: int = 0) -> str:
    """The code of joining a team."""
    body = {"campaign_id": campaign, "team": team}
    return str(person.ask(services.campaigns[node], "POST", "/v1/teams/members", body, new_key())[1]["code"])


def score(services: World, person: Person, campaign: str, fen: int, payment: str = "", node: int = 0) -> tuple[str, int]:
    """Code and points of a payment."""
    body = {"campaign_id": campaign, "receipt_token": receipt(person, payment or new_key(), fen)}
    envelope = person.ask(services.campaigns[node], "POST", "/v1/teams/scores", body, new_key())[1]
    return envelope["code"], envelope["data"]["points"]


def listed(services: World, campaign: str) -> list[dict[str, Any]]:
    """The best teams."""
    _, envelope = services.campaigns[1].call("GET", f"/v1/campaigns/{campaign}/teams")
    teams: list[dict[str, Any]] = envelope["data"]["teams"]
    return teams


def test_campaign_team_takes_as_many_as_it_may_and_each_customer_once(services: World) -> None:
    """Eight at once, of whom three fit; and one who would be in two."""
    name, people = services.campaign(team={"size": 3}), services.people(8)
    told = together([lambda n=n: join(services, people[n], name, "1", n % 2) for n in range(8)])
    assert Counter(told) == {"OK": 3, "TEAM_FULL": 5}
    both = together([lambda n=n: join(services, people[told.index("TEAM_FULL")], name, str(2 + n), n % 2) for n in range(4)])
    assert Counter(both) == {"OK": 1, "ALREADY_IN_TEAM": 3}
    assert sum(team["members"] for team in listed(services, name)) == 4


def test_campaign_team_scores_what_its_members_pay_once(services: World) -> None:
    """From both centres at once; the list has the higher first, and of equal ones who was there earlier; what scores nothing counts not."""
    name, (me, friend, rival, outsider) = services.campaign(), services.people(4)
    assert [join(services, one, name, team) for one, team in ((me, "a"), (friend, "a"), (rival, "b"))] == ["OK"] * 3
    payment = new_key()
    told = together([lambda n=n: score(services, me, name, 799, payment, n % 2) for n in range(4)])
    assert Counter(told) == {("OK", 7): 1, ("ALREADY_SCORED", 0): 3}
    assert together([lambda n=n: score(services, (me, friend)[n % 2], name, 100, node=n % 2) for n in range(8)]) == [("OK", 1)] * 8
    assert score(services, rival, name, 1500) == ("OK", 15)
    assert score(services, outsider, name, 1500) == ("NOT_IN_TEAM", 0)
    assert score(services, me, name, 99) == ("OK", 0)
    assert [(team["rank"], team["team"], team["score"]) for team in listed(services, name)] == [(1, "a", 15), (2, "b", 15)]


def test_campaign_list_of_teams_says_as_of_when_it_is(services: World) -> None:
    """By the database's clock, whichever node is asked and where there is no team yet; by its switch it forgets the last ten seconds."""
    name, (me,) = services.campaign(), services.people(1)
    empty = services.campaigns[0].call("GET", f"/v1/campaigns/{name}/teams")[1]["data"]
    assert join(services, me, name, "a") == "OK"
    assert score(services, me, name, 700) == ("OK", 7)
    full = services.campaigns[1].call("GET", f"/v1/campaigns/{name}/teams")[1]["data"]
    assert (empty["teams"], full["teams"]) == ([], [{"rank": 1, "team": "a", "members": 1, "score": 7}])
    assert full["as_of_ms"] > empty["as_of_ms"]
    asked = f"select data::json->'teams'->0->>'score' from campaign.rank_teams('{name}')"  # noqa: S608 - our own values
    switched = "select set_config('mock.team_rank_stale', 'on', true)"
    stale = services.database.sql(f"begin; update campaign.team_points set at = now(); {switched}; {asked}; rollback")  # noqa: S608 - our own values
    assert stale.splitlines()[-1] == "0"


@pytest.mark.parametrize(
    ("switch", "counts"),
    [("team_without_limit", (2, 5)), ("team_scores_twice", (1, 10)), ("", (1, 5))],
    ids=["crowded", "twice", "without"],
)
def test_campaign_team_has_its_defects(services: World, switch: str, counts: tuple[int, int]) -> None:
    """Each by its switch alone."""
    name, (me, friend) = services.campaign(team={"size": 1}), services.people(2)
    on = f"select set_config('mock.{switch}', 'on', true);" if switch else ""
    joined = "; ".join(f"select code from campaign.join_team('{new_key()}', '', '{one.no}', '{name}', '1', 'A')" for one in (me, friend))  # noqa: S608 - our own values
    scored = f"select code from campaign.score_for_team('{new_key()}', '', '{me.no}', '{name}', 'PY', 500, 'A')"  # noqa: S608 - our own values
    found = f"select members, score from campaign.teams where campaign_id = '{name}'"  # noqa: S608 - our own values
    assert services.database.sql(f"begin; {on} {joined}; {scored}; {found}; rollback").splitlines()[-1] == "|".join(map(str, counts))


def contested(services: World, **prize: int) -> tuple[str, list[Person]]:
    """One that is to be ended, and four people: two of the best team, one of another as good but later, and one of none."""
    name, people = services.campaign(team={"size": 2, "ends_at": at(500), **prize}), services.people(4)
    assert [join(services, one, name, team) for one, team in zip(people, "aab", strict=False)] == ["OK"] * 3
    assert score(services, people[0], name, 900) == ("OK", 9)
    assert score(services, people[2], name, 900) == ("OK", 9)
    return name, people


def end_contest(services: World, name: str) -> None:
    """It is over by now."""
    services.database.sql(f"update campaign.team_rules set ends_at = now() where campaign_id = '{name}'")  # noqa: S608 - our own values


def won(services: World, name: str) -> list[tuple[object, object]]:
    """Who has the prize, and how much."""
    return sorted((row["customer_no"], row["amount_fen"]) for row in grants_of(services, name, "team"))


def test_campaign_contest_is_won_by_the_best_team_each_member_once(services: World) -> None:
    """By whichever node comes first, from the bucket, with one row of the audit; and nobody joins or scores any more."""
    name, people = contested(services, prize_fen=800)
    assert won(services, name) == []
    end_contest(services, name)
    wait_for(lambda: len(won(services, name)) == 2, "both have won")
    again = f"select campaign.award_contest('{name}', 'B')"
    assert [services.database.sql(again) for _ in range(2)] == ["f", "f"]
    assert won(services, name) == sorted((one.no, 800) for one in people[:2])
    (bucket,) = [row for row in services.campaigns[1].read_back("/v1/ops/budgets") if row["campaign_id"] == name]
    assert (bucket["bucket"], bucket["limit_fen"], bucket["spent_fen"]) == ("team", 1600, 1600)
    told = [row for row in services.campaigns[0].read_back("/v1/ops/audit") if (row["action"], row["target"]) == ("team.award", name)]
    assert [row["actor"] for row in told] == ["contest"]
    assert score(services, people[0], name, 900) == ("CONTEST_OVER", 0)
    assert join(services, people[3], name, "b") == "CONTEST_OVER"


def test_campaign_contest_is_paid_whole_or_later(services: World) -> None:
    """Not while the campaign is paused, nor while the bucket has not enough for all of the team; and without a prize never."""
    name, _ = contested(services, prize_fen=800)
    award = f"select campaign.award_contest('{name}', 'A')"
    less = f"update campaign.budgets set limit_fen = 1599 where campaign_id = '{name}'; {award}"  # noqa: S608 - our own values
    prizeless = services.campaign()
    over = f"update campaign.team_rules set ends_at = now() where campaign_id in ('{name}', '{prizeless}')"  # noqa: S608 - our own values
    paused = f"update campaign.campaigns set state = 'PAUSED' where campaign_id = '{name}'; {award}"  # noqa: S608 - our own values
    for hindered in (less, paused, award.replace(name, prizeless)):
        assert services.database.sql(f"begin; {over}; {hindered}; rollback").splitlines()[-1] == "f"
    assert services.database.sql(f"begin; {award}; rollback").splitlines()[-1] == "f"  # it is not over
    assert services.database.sql(f"begin; {over}; {award}; rollback").splitlines()[-1] == "t"
    assert won(services, name) == []


def test_campaign_contest_is_won_by_the_second_best_only_by_defect(services: World) -> None:
    """The switch lets them win."""
    name, people = contested(services, prize_fen=800)
    on = "select set_config('mock.team_runner_up_wins', 'on', true)"
    over = f"update campaign.team_rules set ends_at = now() where campaign_id = '{name}'"  # noqa: S608 - our own values
    winners = f"select customer_no from campaign.grants where kind = 'team' and campaign_id = '{name}'"  # noqa: S608 - our own values
    told = services.database.sql(f"begin; {on}; {over}; select campaign.award_contest('{name}', 'A'); {winners}; rollback")
    assert told.splitlines()[-1] == people[2].no
