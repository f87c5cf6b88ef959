"""What is capped for a customer's day happens to nobody more often: pop-ups, pushes, low-carbon points."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.frequency import Frequency, days, frequencies
from reports.measures.offenders import Offender, first_worst_last

ID = "frequency"
TITLE = "Nobody is shown more than a day's cap"
KIND = Kind.INVARIANT
PLAN = ("P2-02", "P3-03")


def check(evidence: Evidence) -> Finding:
    """How often customers were shown it, against the cap of the days that the run touches; then each day by the read-back."""
    found, touched = frequencies(evidence), days(evidence)
    wrong = [offender for name, one in found.items() for offender in _problems(name, one, touched)]
    people = sum(len(one.answered) for one in found.values())
    times = sum(one.answered.total() for one in found.values())
    caps = ", ".join(f"{one.cap} a day of {name}" for name, one in found.items())
    detail = f"{many(times, 'time')} shown to {many(people, 'customer')}, {caps} at most; {len(wrong) or 'none'} too often"
    return judged(not wrong, ID, len(wrong), 0, "customers", detail, first_worst_last(wrong))


def _problems(name: str, one: Frequency, touched: int) -> Iterator[Offender]:
    most = one.cap * touched
    for customer, times in sorted(one.answered.items()):
        if times > most:
            yield Offender(0, times - most, f"customer {customer}: {name} shown {times} times, {most} may be")
    for (customer, day), times in sorted(one.recorded.items()):
        if times > one.cap:
            yield Offender(0, times - one.cap, f"customer {customer}: {name} recorded {times} times on {day}, {one.cap} may be")
