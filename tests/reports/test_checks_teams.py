"""Teams whose score is not what their members paid, or that are too many, are named."""

from collections.abc import Callable
from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps, reads_back

from reports.checks.invariants.teams import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
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
    """What the check says."""
    return check(read_evidence(story.write()))


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


def test_teams_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody asked."""
    with pytest.raises(NotMapped, match="no effect in the target's file has to do with teams"):
        judged(brief(tmp_path / "unmapped"))
    with pytest.raises(NotMapped, match="no customer of this run asked for a team"):
        judged(teamed(tmp_path / "nobody", asked=False))
