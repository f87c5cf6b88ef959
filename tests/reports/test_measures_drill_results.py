"""The figures of a drill that ran alone: none is too good for want of evidence."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_plan import SHED, UNKNOWN
from handmade_stories import rescued, struck_twice
from test_measures_own_delay import story_of

from reports.evidence import read_evidence
from reports.measures.drill_results import Figures, figures_of
from scenarios.run.fault_event_kinds import FaultUndone
from scenarios.run.outcomes import Outcome
from scenarios.run.system_event_kinds import SystemRejoined


def figures(story: Story) -> Figures:
    """By the records."""
    return figures_of(read_evidence(story.write()))


def dependency_broken(folder: Path, came: Outcome = UNKNOWN, *, until_s: float = 60) -> Story:
    """A minute in which something is broken from 25 to 45 s that the pulse does not feel, but customers do from 30 to 40 s."""
    story = Story(folder)
    story.beat(0, 60)
    story.crowd(0, min(25, until_s))
    for from_s, to_s, outcome in ((25, 30, Outcome.SUCCESS), (30, 40, came), (40, 60, Outcome.SUCCESS)):
        if to_s <= until_s:
            story.crowd(from_s, to_s, outcome)
    story.drill(25)
    story.events = [(writer, 45.0 if isinstance(facts, FaultUndone) else at_s, facts) for writer, at_s, facts in story.events]
    return story


def test_errors_count_for_as_long_as_it_is_broken(tmp_path: Path) -> None:
    """The pulse felt nothing, and half of those who came until it was taken back had no answer."""
    found = figures(dependency_broken(tmp_path / "run"))
    assert found.rto_s == pytest.approx(0.02, abs=0.05)
    assert found.error_ratio == pytest.approx(0.5, abs=0.02)
    assert found.shed_ratio == 0


def test_who_was_turned_away_is_told_apart_from_errors(tmp_path: Path) -> None:
    """An answer as agreed."""
    found = figures(dependency_broken(tmp_path / "run", SHED))
    assert found.error_ratio == 0
    assert found.shed_ratio == pytest.approx(0.5, abs=0.02)


def test_no_share_is_told_where_nobody_came(tmp_path: Path) -> None:
    """Of nobody none failed, and that shows nothing."""
    found = figures(dependency_broken(tmp_path / "run", until_s=24.0))
    assert (found.error_ratio, found.shed_ratio) == (None, None)


def test_who_waited_when_it_broke_counts_and_nobody_after_the_recovery(tmp_path: Path) -> None:
    """A primary that stays dead is no outage any more once another one leads."""
    story = rescued(tmp_path / "run")
    for number in range(10):
        story.ask("claim.submit", 24.5 + number / 100, UNKNOWN, 900)
    assert figures(story).error_ratio == pytest.approx(10 / (2 * 20 + 10), abs=0.03)


@pytest.mark.parametrize(
    ("back_s", "longest_s", "censored"),
    [((30.0, 62.0), 7.0, False), ((30.0,), 5.0, True), ((62.0,), 7.0, True), ((), None, True)],
    ids=["both times", "the first time only", "the second time only", "never"],
)
def test_a_redundancy_that_never_came_back_is_not_hidden_by_one_that_did(
    tmp_path: Path, back_s: tuple[float, ...], longest_s: float | None, *, censored: bool
) -> None:
    """Two strikes, at 25 and at 55 s; of those that nobody told to be restored it is not known how long they take."""
    story = struck_twice(tmp_path / "run")
    for at_s in back_s:
        story.tell("system", at_s, SystemRejoined(source="supervisor"))
    found = figures(story)
    assert (found.redundancy_s, found.redundancy_censored) == (longest_s and pytest.approx(longest_s), censored)


def test_a_redundancy_that_was_never_lost_is_not_owed(tmp_path: Path) -> None:
    """Nobody told of a loss."""
    found = figures(dependency_broken(tmp_path / "run"))
    assert (found.redundancy_s, found.redundancy_censored) == (None, False)


def test_the_little_picture_is_of_the_worst_strike(tmp_path: Path) -> None:
    """The second, which lasted eight half seconds; the first lasted two."""
    assert figures(struck_twice(tmp_path / "run", first_s=1.0, second_s=4.0)).spark.count(0.0) == 8


def test_an_rto_has_its_uncertainty(tmp_path: Path) -> None:
    """What the generator itself was late, and from when on the fault had its effect."""
    found = figures(story_of(tmp_path / "run", "rto of primary-kill <= 5 s", 29.9, 0.25, down_to_s=29.9))
    assert (found.rto_s, found.rto_least_s) == (pytest.approx(5.17), pytest.approx(4.92))
    assert found.zero_error_s == pytest.approx(0.05)
