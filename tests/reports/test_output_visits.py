"""How customers went about, from what a run has on record."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, maps
from handmade_plan import REFUSAL, SUCCESS
from handmade_stories import rendered

from reports.evidence import read_evidence
from reports.finding import NotMapped
from reports.measures.visits import Way, visits
from scenarios.run.outcomes import Outcome
from scenarios.run.records import STREAM_PULSE, operation_id

FIRST = 1_000


def visited(story: Story, number: int, *steps: tuple[str, float, Outcome]) -> None:
    """One visit: its operations, each with when it was meant to begin; each takes 20 ms."""
    for step, (op, at_s, outcome) in enumerate(steps):
        story.attempt(op, operation_id(0, FIRST + number, step), at_s, outcome, 20, 1, 0, 0, 0.1)


@pytest.fixture
def day(tmp_path: Path) -> Story:
    """Three visits: of four seconds with a pop-up and a claim after it, of a pop-up alone, and of a claim that was refused."""
    story = Story(tmp_path / "run")
    maps(story, "popup.show", "popups", {"business": "{key}", "id": "$.id", "capped": "popup"})
    visited(
        story,
        0,
        ("campaign.get", 20, SUCCESS),
        ("campaign.get", 21, SUCCESS),
        ("popup.show", 22, SUCCESS),
        ("claim.submit", 23.98, SUCCESS),
    )
    visited(story, 1, ("campaign.get", 30, SUCCESS), ("popup.show", 30.98, SUCCESS))
    visited(story, 2, ("claim.submit", 40, REFUSAL))
    story.attempt("account.balance", operation_id(STREAM_PULSE, 7, 0), 1, SUCCESS, 20, 1, 0, 0, 0.1)
    return story


def test_visits_are_told_with_their_length_and_what_came_of_them(day: Story) -> None:
    """From the first intent to the last answer; the pulse visits nobody."""
    found = visits(read_evidence(day.write()))
    assert (found.count, found.acted) == (3, 1)
    assert (found.median_s, found.operations_mean) == (pytest.approx(1.0, abs=0.01), pytest.approx(7 / 3))
    assert found.p95_s == pytest.approx(3.7, abs=0.01)


def test_ways_are_steps_between_two_operations_of_one_visit(day: Story) -> None:
    """What is asked for again is no step, nor is the next customer's first."""
    ways = visits(read_evidence(day.write())).ways
    assert ways == (Way("campaign.get", "popup.show", 2), Way("popup.show", "claim.submit", 1))


def test_nobody_who_came_makes_no_visits(tmp_path: Path) -> None:
    """Nothing of it is told."""
    with pytest.raises(NotMapped, match="no customer of this run asked for anything"):
        visits(read_evidence(Story(tmp_path / "run").write()))


def test_report_tells_visits_and_their_ways(tmp_path: Path) -> None:
    """With a bar for each step."""
    story = brief(tmp_path / "run")
    visited(story, 0, ("campaign.get", 20, SUCCESS), ("claim.submit", 21, SUCCESS))
    page = (rendered(story) / "report.html").read_text("utf-8")
    section = page.partition('<section id="visits"')[2].partition("</section>")[0]
    assert '<span translate="no">campaign.get</span> → <span translate="no">claim.submit</span>' in section
    assert "A visit lasts, median" in section
