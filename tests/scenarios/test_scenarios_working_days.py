"""Working days: holidays are none, and some weekends are."""

from datetime import date, timedelta

import pytest

from scenarios.plan.working_days import HOLIDAYS, WORKED_WEEKENDS, YEARS, is_working_day, working_day_after


@pytest.mark.parametrize(
    ("day", "due"),
    [
        ("2026-03-03", "2026-03-06"),  # a Tuesday
        ("2026-03-05", "2026-03-10"),  # a weekend between
        ("2026-03-07", "2026-03-11"),  # done on a Saturday
        ("2026-01-02", "2026-01-06"),  # a Sunday that is worked
        ("2026-02-13", "2026-02-25"),  # a Saturday that is worked, then nine days off
        ("2026-02-26", "2026-03-02"),  # a Saturday that is worked
        ("2026-05-07", "2026-05-11"),  # another
        ("2026-09-24", "2026-09-30"),  # the Mid-Autumn days
        ("2026-09-30", "2026-10-10"),  # seven days off, then a Saturday that is worked
        ("2025-10-09", "2025-10-13"),  # a Saturday that is worked
        ("2025-12-31", "2026-01-06"),  # over the year's end
    ],
)
def test_third_working_day_is_that_of_the_calendar(day: str, due: str) -> None:
    """Of two years, counted by hand."""
    assert working_day_after(date.fromisoformat(day), 3) == date.fromisoformat(due)


@pytest.mark.parametrize("day", ["2026-12-29", "2026-12-31", "2027-03-01", "2024-12-31", "2020-02-03"])
def test_year_whose_holidays_are_not_known_has_no_answer(day: str) -> None:
    """Not a guess; nor where the days between reach into it."""
    known = date.fromisoformat(day).year + 1 in YEARS
    assert (working_day_after(date.fromisoformat(day), 3) is not None) == known


def test_calendar_is_that_of_a_year() -> None:
    """Weekends alone are worked in return; each year has so many working days as were published."""
    assert all(day.weekday() >= 5 for day in WORKED_WEEKENDS)
    assert not WORKED_WEEKENDS & HOLIDAYS
    days = [date(YEARS[0], 1, 1) + timedelta(days=number) for number in range(730)]
    assert [sum(bool(is_working_day(day)) for day in days if day.year == year) for year in YEARS] == [248, 248]
