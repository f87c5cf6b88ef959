"""Days in a row are counted by the calendar: one more than yesterday's, else one; and customers are told that number."""

from reports.evidence import Evidence
from reports.finding import Finding, Kind
from reports.formatting import many
from reports.measures.offenders import none_wrong
from reports.measures.streaks import Visit, visits

ID = "streaks"
TITLE = "Days in a row are counted by the calendar"
KIND = Kind.INVARIANT
PLAN = ("P3-06", "P4-04")


def check(evidence: Evidence) -> Finding:
    """Each day of each customer: by the calendar, by the row, and as the answer said."""
    found = visits(evidence)
    wrong = [_told(one) for one in found if one.recorded != one.owed or one.told not in (None, one.owed)]
    people = len({one.customer for one in found})
    detail = f"{many(people, 'customer')} came on {many(len(found), 'day')} together; {len(wrong) or 'none'} counted otherwise"
    return none_wrong(ID, wrong, "days", detail)


def _told(one: Visit) -> str:
    told = "" if one.told is None else f", and was told {one.told}"
    return f"customer {one.customer} on {one.day}: {many(one.owed, 'day')} in a row by the calendar, {one.recorded} by the read-back{told}"
