"""A fee is waived for whoever has the privilege, in its time and so often, and for nobody else."""

from collections import Counter
from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.privileges import Fee, fees

ID = "privileges"
TITLE = "A fee is waived for whom it should be, and for nobody else"
KIND = Kind.INVARIANT
PLAN = ("P2-07",)


def check(evidence: Evidence) -> Finding:
    """What customers were shown, and how often they were spared it; then the read-back's quotes by the target's own clock."""
    found = fees(evidence)
    wrong = [
        *_not_allowed(found.shown, "was shown"),
        *_not_allowed(found.recorded, "is recorded with"),
        *_too_often(found.free_answered, found.times, "was answered"),
        *_too_often(found.free_recorded, found.times, "is recorded"),
    ]
    free = sum(fee.fen == 0 for fee in found.shown)
    detail = f"{many(len(found.shown), 'fee')} shown, {free} of them waived; {len(wrong) or 'none'} not by the rules"
    return judged(not wrong, ID, len(wrong), 0, "fees", detail, first_worst_last(wrong))


def _not_allowed(shown: list[Fee], how: str) -> Iterator[Offender]:
    for fee in shown:
        if fee.fen not in fee.allowed:
            owed = " or ".join(map(str, sorted(fee.allowed)))
            sentence = f"{fee.name}: customer {fee.customer}, who is {fee.tier}, {how} {fee.fen} fen; it should be {owed} fen"
            yield Offender(fee.at_ms, min(abs(fee.fen - each) for each in fee.allowed), sentence)


def _too_often(free: Counter[int], times: int, how: str) -> Iterator[Offender]:
    for customer, count in sorted(free.items()):
        if count > times:
            yield Offender(0, count - times, f"customer {customer} {how} {count} times without a fee, {times} may be")
