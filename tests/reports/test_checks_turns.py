"""Whoever waits for a person and is overtaken, or left behind, is named with who overtook them."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps
from handmade_plan import SUCCESS, T0_MS, UNKNOWN

from reports.checks.invariants.turns import check
from reports.evidence import read_evidence
from reports.finding import Finding, NotMapped
from scenarios.run.outcomes import Outcome


def waited(folder: Path) -> Story:
    """Three call the hotline and one video, each a second after the one before, and are answered in turn, the last two at once."""
    story = brief(folder)
    maps(story, "call.request", "calls", {"business": "{key}", "person": True, "in_turn": True}, answered_ms="", line="")
    for number, (line, answered_s) in enumerate((("hotline", 5), ("hotline", 6), ("hotline", 6), ("video", 4))):
        call(story, number, 1.0 + number, answered_s, line)
    return story


def call(story: Story, number: int, at_s: float, answered_s: float | None, line: str = "hotline", outcome: Outcome = SUCCESS) -> None:
    """Asked for at a time and answered at a time, or never."""
    answered = None if answered_s is None else T0_MS + round(answered_s * 1000)
    happens(story, "call.request", number, 700 + number, at_s, outcome, there=True, answered_ms=answered, line=line)


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


def test_calls_that_are_answered_in_turn_pass(tmp_path: Path) -> None:
    """A line for itself each; who never knew that they stand in one overtakes nobody and is not overtaken."""
    story = waited(tmp_path / "run")
    call(story, 8, 3.5, None, outcome=UNKNOWN)
    call(story, 9, 4.05, 6)
    found = judged(story)
    assert (found.status, found.detail) == ("PASS", "4 customers for hotline, 1 customer for video; none before their turn")


def test_who_is_overtaken_is_named(tmp_path: Path) -> None:
    """With the one who was before their turn, and by how much."""
    story = waited(tmp_path / "run")
    call(story, 9, 4.5, 5.5)
    found = judged(story)
    assert found.status == "FAIL"
    assert found.evidence[0] == "hotline: customer 709 before customer 701, who came first and was answered 0.5 s after"


def test_who_is_left_behind_is_overtaken(tmp_path: Path) -> None:
    """Nobody responds to the second, and to the third somebody does."""
    story = waited(tmp_path / "run")
    story.tables["calls"][1]["answered_ms"] = None
    found = judged(story)
    assert (found.status, found.measured) == ("FAIL", 1)
    assert found.evidence[0] == "hotline: customer 702 before customer 701, who came first and waits still"


def test_who_called_at_the_same_moment_is_in_no_order(tmp_path: Path) -> None:
    """The second asked before the first had been told."""
    story = waited(tmp_path / "run")
    call(story, 9, 10.0, 14)
    call(story, 10, 10.01, 13)
    assert judged(story).status == "PASS"


def test_turns_are_judged_where_there_are_lines(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody waited."""
    with pytest.raises(NotMapped, match="no effect in the target's file waits for its turn"):
        judged(brief(tmp_path / "unmapped"))
    story = waited(tmp_path / "nobody")
    story.tables["calls"].clear()
    with pytest.raises(NotMapped, match="nobody waited in a line of this run"):
        judged(story)
