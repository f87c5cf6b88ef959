"""A customer's phone tells of a letter once, and the count of what is unread is true."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.letters import Badge, Pushes, badges, pushes
from reports.measures.offenders import Offender, first_worst_last

ID = "letters"
TITLE = "A letter is pushed once, and the unread count is true"
KIND = Kind.INVARIANT
PLAN = ("P3-01",)


def check(evidence: Evidence) -> Finding:
    """What phones told first, then what the system says that it pushed; and each count that a customer was shown."""
    answered, recorded = pushes(evidence)
    counts = badges(evidence)
    wrong = [*_twice(answered, "was told of"), *_twice(recorded, "was pushed, by the read-back,")]
    wrong += [offender for badge in counts for offender in _untrue(evidence, badge)]
    told = f"{many(answered.total(), 'letter')} pushed, {many(len(counts), 'count')} of what is unread"
    detail = f"{told}; {len(wrong) or 'none'} not by the rules"
    return judged(not wrong, ID, len(wrong), 0, "letters", detail, first_worst_last(wrong))


def _twice(told: Pushes, how: str) -> Iterator[Offender]:
    for (customer, letter), count in sorted(told.items()):
        if count > 1:
            yield Offender(0, count, f"customer {customer} {how} letter {letter} {count} times")


def _untrue(evidence: Evidence, badge: Badge) -> Iterator[Offender]:
    if not badge.least <= badge.shown <= badge.most:
        right = f"{badge.least}" if badge.least == badge.most else f"{badge.least} to {badge.most}"
        moment = (evidence.t0_ms or 0.0) + badge.ended_s * 1000
        by = abs(badge.shown - badge.most)
        yield Offender(moment, by, f"customer {badge.customer} was shown {badge.shown} unread after {badge.letter}; it was {right}")
