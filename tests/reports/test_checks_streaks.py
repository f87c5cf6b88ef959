"""Days in a row that are not the calendar's are named with what the customer was told."""

from pathlib import Path

import pytest
from handmade import Story
from handmade_features import brief, happens, maps

from reports.checks.invariants.streaks import check
from reports.evidence import read_evidence
from reports.finding import Finding, NoEvidence, NotMapped


def came(folder: Path, *days: tuple[str, int], told: int = 1) -> Story:
    """Customer 5 came on these days, with the streak that each row has; the last is of this run, and told so."""
    story = brief(folder)
    maps(story, "check.in", "check-ins", {"business": "{key}", "shown": "$.streak", "streak": True}, day="", streak="")
    happens(story, "check.in", 1, 5, 5, fen=told, day=days[-1][0], streak=days[-1][1])
    story.tables["check-ins"][-1].pop("amount_fen", None)
    for number, (day, streak) in enumerate(days[:-1]):
        story.tables["check-ins"].append({"op": "check.in", "id": f"old-{number}", "customer": 5, "day": day, "streak": streak})
    return story


def judged(story: Story) -> Finding:
    """What the check says."""
    return check(read_evidence(story.write()))


@pytest.mark.parametrize(
    ("days", "told"),
    [
        ((("2026-05-01", 1),), 1),
        ((("2026-04-30", 1), ("2026-05-01", 2)), 2),
        ((("2026-04-28", 7), ("2026-04-30", 1), ("2026-05-01", 2)), 2),
    ],
    ids=["first-day", "over-the-end-of-a-month", "broken-and-begun-anew"],
)
def test_days_by_the_calendar_pass(tmp_path: Path, days: tuple[tuple[str, int], ...], told: int) -> None:
    """What the first row of all begins with is not known where the campaign was there before."""
    found = judged(came(tmp_path / "run", *days, told=told))
    assert (found.status, found.measured) == ("PASS", 0)


@pytest.mark.parametrize(
    ("days", "told", "sentence"),
    [
        ((("2026-04-30", 1), ("2026-05-01", 1)), 1, "2 days in a row by the calendar, 1 by the read-back, and was told 1"),
        ((("2026-04-29", 1), ("2026-05-01", 2)), 2, "1 day in a row by the calendar, 2 by the read-back, and was told 2"),
        ((("2026-04-30", 3), ("2026-05-01", 4)), 5, "4 days in a row by the calendar, 4 by the read-back, and was told 5"),
    ],
    ids=["forgotten", "never-broken", "told-more"],
)
def test_days_otherwise_are_named(tmp_path: Path, days: tuple[tuple[str, int], ...], told: int, sentence: str) -> None:
    """The customer, the day, and all three numbers."""
    found = judged(came(tmp_path / "run", *days, told=told))
    assert (found.status, found.evidence) == ("FAIL", (f"customer 5 on 2026-05-01: {sentence}",))


def test_streaks_are_judged_where_there_are_any(tmp_path: Path) -> None:
    """A target that maps none is not, nor is a run in which nobody came."""
    with pytest.raises(NotMapped, match="no effect in the target's file is counted by days in a row"):
        judged(brief(tmp_path / "unmapped"))
    story = came(tmp_path / "nobody", ("2026-05-01", 1))
    story.tables["check-ins"].clear()
    with pytest.raises(NotMapped, match="no customer of this run came on any day"):
        judged(story)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("day", "soon", "'day' should be a date like 2026-05-01, not 'soon'"),
        ("streak", "many", "'streak' should be a whole number, not 'many'"),
        ("customer", "me", "'customer' should be a whole number, not 'me'"),
    ],
)
def test_rows_that_tell_no_day_or_number_are_named(tmp_path: Path, field: str, value: str, why: str) -> None:
    """Whatever a service writes there."""
    story = came(tmp_path / "run", ("2026-04-30", 1), ("2026-05-01", 2))
    story.tables["check-ins"][-1][field] = value
    with pytest.raises(NoEvidence, match=why):
        judged(story)
