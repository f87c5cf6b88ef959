"""Teams whose score is not what their members paid, or that are too many, are named."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads, reads_back
from handmade_plan import T0_MS

from reports.checks.invariants.teams import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.records import MARK_DONE, answer_digest
from scenarios.run.system_event_kinds import SystemKillSwitchTripped
from scenarios.target.effects import joined_terms


def teamed(folder: Path, *, asked: bool = True) -> Story:
    """Teams 1 and 2 of three and two members, who pay 30 yuan each and score it."""
    story = brief(folder)
    story.scenario["campaign"] = {"team": {"size": 3}}
    maps(story, "payment.submit", "payments", {"business": "{key}"})
    maps(story, "team.join", "members", {"business": "{customer}:team", "joins": "{team}"}, "/join/{team}", team="")
    maps(story, "team.score", "scores", {"business": "{customer}", "shown": "$.points", "scores": True}, team="", points="", ref="")
    reads_back(story, "teams", "teams", "team", "score", "members")
    for number in range(5) if asked else ():
        member(story, 100 + number, "1" if number < 3 else "2")
        scores(story, 100 + number, "1" if number < 3 else "2")
    rows(story)
    return story


def member(story: Story, customer: int, team: str) -> None:
    """Somebody joins."""
    happens(story, "team.join", customer, customer, 5, terms=joined_terms(team), team=team)


def scores(story: Story, customer: int, team: str, *, points: int = 30, shown: int = 30) -> None:
    """Somebody pays 30 yuan, and scores a second later."""
    payment = f"E-{happens(story, 'payment.submit', 1000 + customer, customer, 10, fen=3099)}"
    happens(story, "team.score", 2000 + customer, customer, 11, fen=shown, business=payment, team=team, points=points, ref=payment)
    del story.tables["scores"][-1]["amount_fen"]


def rows(story: Story) -> None:
    """The teams' own rows, as members and scores make them."""
    names = sorted({str(row["team"]) for row in story.tables["members"]})
    story.tables["teams"] = [
        {
            "team": name,
            "members": sum(row["team"] == name for row in story.tables["members"]),
            "score": sum(int(str(row["points"])) for row in story.tables["scores"] if row["team"] == name),
        }
        for name in names
    ]


def judged(story: Story) -> Finding:
    """What the check says of teams."""
    return check(read_evidence(story.write()))[0]


def look(story: Story, at_s: float, score: int, *, team: str = "1", as_of_s: float | None = None) -> None:
    """Customer 7 looks at the list, which comes after 20 ms, as of when it was asked for unless said otherwise."""
    start_ns, place = round(at_s * 1e9), story.operations.index("team.rank")
    as_of_ms = T0_MS + round((at_s if as_of_s is None else as_of_s) * 1000)
    number, subject = len(story.shown), answer_digest(team)
    story.shown.append((number, subject, start_ns, start_ns + 20_000_000, score, as_of_ms, 7, place, 0, b"A", b"", MARK_DONE))


def listed(folder: Path) -> Story:
    """The same teams, and a list of them that may be half a second old."""
    story = teamed(folder)
    reads(story, "team.rank")
    of = {"rows": "$.teams", "team": "$.team", "score": "$.score", "as_of_ms": "$.as_of", "stale_s": 0.5}
    cast("dict[str, dict[str, object]]", story.target["operations"])["team.rank"]["shows"] = {"score": of}
    look(story, 5, 0)
    look(story, 11.01, 30)
    look(story, 20, 90)
    return story


def seen(story: Story) -> Finding:
    """What the check says of lists."""
    return check(read_evidence(story.write()))[1]


def too_many(story: Story) -> None:
    """A fourth member."""
    member(story, 200, "1")
    rows(story)


def in_two(story: Story) -> None:
    """A member of the first team joins the second."""
    happens(story, "team.join", 900, 100, 6, terms=joined_terms("2"), team="2")
    rows(story)


def lost_update(story: Story) -> None:
    """A score that has forgotten a payment."""
    story.tables["teams"][0]["score"] = 60


def counted_twice(story: Story) -> None:
    """Each payment twice."""
    story.tables["teams"][1]["score"] = 120


def outsider(story: Story) -> None:
    """Points of somebody who is in no team."""
    scores(story, 300, "1")
    rows(story)


def more_than_paid(story: Story) -> None:
    """Forty points for thirty yuan, recorded and counted."""
    member(story, 103 + 97, "2")
    scores(story, 200, "2", points=40, shown=40)
    rows(story)


def shown_otherwise(story: Story) -> None:
    """Thirty recorded, three hundred shown."""
    member(story, 200, "2")
    scores(story, 200, "2", shown=300)
    rows(story)


DEFECTS: list[tuple[Callable[[Story], None], str]] = [
    (too_many, "team 1: 4 members, 3 may be"),
    (in_two, "customer 100 is in a team 2 times: 1, 2"),
    (lost_update, "team 1: a score of 60 and 3 members, they make 90 and are 3"),
    (counted_twice, "team 2: a score of 120 and 2 members, they make 60 and are 2"),
    (outsider, "team 1: 30 points of customer 300, who is not in it"),
    (more_than_paid, "team 2: 40 points for E-"),
    (shown_otherwise, "customer 200: 300 points shown for E-"),
]


def test_teams_by_the_rules_pass(tmp_path: Path) -> None:
    """Told with teams, members and scores."""
    found = judged(teamed(tmp_path / "run"))
    assert (found.status, found.detail) == ("PASS", "2 teams, 5 members, 5 scores; none not by the rules"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), DEFECTS, ids=[defect.__name__ for defect, _ in DEFECTS])
def test_teams_otherwise_are_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """The team or the customer, and both figures."""
    story = teamed(tmp_path / "run")
    defect(story)
    found = judged(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def contested(folder: Path) -> Story:
    """The same teams, whose contest ends after forty seconds; the first has the greater score, and its three members won 20 yuan each."""
    story = teamed(folder)
    cast("dict[str, object]", story.scenario["campaign"])["team"] = {"size": 3, "ends": "closing", "prize_fen": 2000}
    story.scenario["phases"] = [{"name": "peak", "lasts": 40, "arrivals": 20}, {"name": "closing", "lasts": 20, "arrivals": 10}]
    reads_back(story, "coupons", "rewards", "kind", "customer", "amount_fen", "id", "at_ms")
    reads_back(story, "budgets", "budgets", "bucket", "limit_fen", "spent_fen", "released_fen")
    story.tables["budgets"] = [{"bucket": "team", "limit_fen": 6000, "spent_fen": 0, "released_fen": 0}]
    for customer in (100, 101, 102):
        wins(story, customer)
    return story


def wins(story: Story, customer: int, fen: int = 2000) -> None:
    """Somebody has the best team's prize."""
    story.tables["coupons"].append({"kind": "team", "customer": customer, "amount_fen": fen, "id": f"C-{customer}", "at_ms": T0_MS})
    debited(story, fen)


def debited(story: Story, fen: int) -> None:
    """So much more is out of the bucket."""
    row = story.tables["budgets"][0]
    row["spent_fen"] = int(str(row["spent_fen"])) + fen


def won_by(story: Story, *customers: int) -> None:
    """These instead of whoever won before."""
    story.tables["coupons"].clear()
    story.tables["budgets"][0]["spent_fen"] = 0
    for customer in customers:
        wins(story, customer)


def draws_level(story: Story) -> None:
    """The second team comes to the score of the first twenty seconds later."""
    payment = f"E-{happens(story, 'payment.submit', 1500, 103, 30, fen=3000)}"
    happens(story, "team.score", 2500, 103, 31, fen=30, business=payment, team="2", points=30, ref=payment)
    del story.tables["scores"][-1]["amount_fen"]
    rows(story)


def nobody_wins(story: Story) -> None:
    """The contest is over, and that was it."""
    won_by(story)


def runner_up_wins(story: Story) -> None:
    """The second team's members have the prize."""
    won_by(story, 103, 104)


def one_is_left_out(story: Story) -> None:
    """Two of three."""
    won_by(story, 100, 101)


def wins_again(story: Story) -> None:
    """One twice."""
    wins(story, 100)


def friend_of_the_house(story: Story) -> None:
    """Somebody who is in no team."""
    wins(story, 900)


def less_than_announced(story: Story) -> None:
    """Ten of twenty yuan."""
    won_by(story, 100, 101)
    wins(story, 102, 1000)


def never_debited(story: Story) -> None:
    """The bucket does not know of one."""
    debited(story, -2000)


def later_one_wins(story: Story) -> None:
    """Of equal teams the one that was there last."""
    draws_level(story)
    won_by(story, 103, 104)


UNDUE: list[tuple[Callable[[Story], None], str]] = [
    (nobody_wins, "customer 100: no prize, and is in team 1, the best"),
    (runner_up_wins, "customer 104: the best team's prize, and is not in it"),
    (one_is_left_out, "customer 102: no prize, and is in team 1, the best"),
    (wins_again, "customer 100: the best team's prize 2 times"),
    (friend_of_the_house, "customer 900: the best team's prize, and is not in it"),
    (less_than_announced, "customer 102: a prize of 1000 fen, 2000 are planned"),
    (never_debited, "team: 4000 fen debited for grants of 6000"),
    (later_one_wins, "customer 104: the best team's prize, and is not in it"),
]


def prizes(story: Story) -> Finding:
    """What the check says of what was won."""
    (found,) = [one for one in check(read_evidence(story.write())) if one.id == "team-prizes"]
    return found


@pytest.mark.parametrize("level", [False, True], ids=["ahead", "level-and-earlier"])
def test_the_best_team_wins(tmp_path: Path, *, level: bool) -> None:
    """Each of its members once; of equal ones the one that was there first."""
    story = contested(tmp_path / "run")
    if level:
        draws_level(story)
    found = prizes(story)
    assert (found.status, found.detail) == ("PASS", "team 1 is the best; 3 prizes of ¥60.00, none not due"), found.evidence


@pytest.mark.parametrize(("defect", "sentence"), UNDUE, ids=[defect.__name__ for defect, _ in UNDUE])
def test_prizes_of_a_contest_that_are_not_due_are_named(tmp_path: Path, defect: Callable[[Story], None], sentence: str) -> None:
    """Who has one and should not, who has none and should, and what the bucket says of it."""
    story = contested(tmp_path / "run")
    defect(story)
    found = prizes(story)
    assert found.status == "FAIL"
    assert any(sentence in line for line in found.evidence), found.evidence


def test_a_contest_is_judged_where_it_is_over_and_no_pause_holds_its_prize_back(tmp_path: Path) -> None:
    """Not where the scenario's contest has no end; and nothing is due as long as the campaign is paused."""
    assert "team-prizes" not in [one.id for one in check(read_evidence(teamed(tmp_path / "endless").write()))]
    story = contested(tmp_path / "paused")
    nobody_wins(story)
    story.tell("system", 20, SystemKillSwitchTripped(source="world", more={}))
    assert prizes(story).status == "PASS"


def test_lists_of_teams_that_are_fresh_pass(tmp_path: Path) -> None:
    """Told with the greatest age that they say they have; while payments are under way any sum of them will do."""
    found = seen(listed(tmp_path / "run"))
    assert (found.status, found.detail) == (
        "PASS",
        "3 looks at a team's score, none older or higher than it can have been; by their own word 20 ms old at most when they came",
    )


@pytest.mark.parametrize(
    ("at_s", "score", "as_of_s", "sentence"),
    [
        (20.0, 60, None, "customer 7, team.rank at 20.000 s: reads a score of 60 for team 1, it must be 90 by then"),
        (20.0, 91, None, "customer 7, team.rank at 20.000 s: reads a score of 91 for team 1, it must be 90 by then"),
        (9.0, 30, None, "customer 7, team.rank at 9.000 s: reads a score of 30 for team 1, it must be 0 by then"),
        (20.0, 90, 12.0, "customer 7, team.rank at 20.000 s: reads a list of 8.0 s ago, 0.5 s are allowed"),
        (20.0, 90, 23.0, "customer 7, team.rank at 20.000 s: reads a list that says it is of 3.0 s after it came"),
    ],
    ids=["old-and-silent", "more-than-scored", "before-anybody-scored", "old-and-says-so", "of-times-to-come"],
)
def test_lists_of_teams_that_are_not_are_named(tmp_path: Path, at_s: float, score: int, as_of_s: float | None, sentence: str) -> None:
    """By what customers had been told of their scores, and by what the list says of itself."""
    story = listed(tmp_path / "run")
    look(story, at_s, score, as_of_s=as_of_s)
    found = seen(story)
    assert (found.status, found.evidence) == ("FAIL", (sentence,))


def test_teams_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody asked."""
    with pytest.raises(NotMapped, match="no effect in the target's file has to do with teams"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run asked for a team"):
        judged(teamed(tmp_path / "nobody", asked=False))
