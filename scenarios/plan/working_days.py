"""Working days in mainland China: Monday to Friday, but for the holidays, and the weekends that are worked to make up for them.

The State Council publishes each year's in the autumn before; these are of its General Office's notices of 12 November 2024
and 4 November 2025. Beyond the last year that is written here nobody can tell.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

_ONE = timedelta(days=1)
_SATURDAY = 5


def _days(*spans: str) -> frozenset[date]:
    """Days written as 2026-05-09, and spans of them as 2026-05-01/2026-05-05, both ends included."""
    return frozenset(day for span in spans for day in _span(*map(date.fromisoformat, span.split("/"))))


def _span(first: date, last: date | None = None) -> Iterator[date]:
    for number in range(((last or first) - first).days + 1):
        yield first + number * _ONE


YEARS = (2025, 2026)
"""Whose holidays are known."""

HOLIDAYS = _days(
    *("2025-01-01", "2025-01-28/2025-02-04", "2025-04-04/2025-04-06", "2025-05-01/2025-05-05", "2025-05-31/2025-06-02"),
    *("2025-10-01/2025-10-08", "2026-01-01/2026-01-03", "2026-02-15/2026-02-23", "2026-04-04/2026-04-06", "2026-05-01/2026-05-05"),
    *("2026-06-19/2026-06-21", "2026-09-25/2026-09-27", "2026-10-01/2026-10-07"),
)
WORKED_WEEKENDS = _days(
    *("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
    *("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
)


def is_working_day(day: date) -> bool | None:
    """Whether it is one; None where its year's holidays are not known."""
    if day.year not in YEARS:
        return None
    return day in WORKED_WEEKENDS or (day.weekday() < _SATURDAY and day not in HOLIDAYS)


def working_day_after(day: date, count: int) -> date | None:
    """The working day that many after a day, which itself does not count; None where not all days between are known."""
    for later in _from(day + _ONE):
        works = is_working_day(later)
        if works is None:
            return None
        count -= works
        if count <= 0:
            return later
    return None


def _from(day: date) -> Iterable[date]:
    while day.year <= YEARS[-1] + 1:
        yield day
        day += _ONE
