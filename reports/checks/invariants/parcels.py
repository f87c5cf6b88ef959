"""For each right one parcel, with what that tier's right is worth, to the customer whose right it is."""

from collections import Counter
from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.offenders import Offender, first_worst_last
from reports.measures.parcels import Parcels, Promised, Sent, parcels

ID = "parcels"
TITLE = "One parcel for each right, with what its tier is sent"
KIND = Kind.INVARIANT
PLAN = ("P4-01",)


def check(evidence: Evidence) -> Finding:
    """What customers were promised first, then what is sent by the read-back; that it goes where they said is for `parties`."""
    found = parcels(evidence)
    wrong = [offender for one in found.promised for offender in _seen(one)]
    wrong += _twice("is promised", Counter(one.name for one in found.promised if not one.foreign), found)
    wrong += [offender for one in found.sent for offender in _told(one, found)]
    wrong += _twice("is sent", Counter(one.ref for one in found.sent), found)
    detail = f"{many(len(found.sent), 'parcel')}, {len(found.promised)} promised; {len(wrong) or 'none'} not by the rules"
    return judged(not wrong, ID, len(wrong), 0, "parcels", detail, first_worst_last(wrong))


def _seen(one: Promised) -> Iterator[Offender]:
    if one.foreign:
        yield Offender(one.at_ms, 1, f"{one.name} is promised to customer {one.customer}, who only knew its number")
    elif one.right is None:
        yield Offender(one.at_ms, 1, f"{one.name} is promised to customer {one.customer} for a right that nobody was given")
    elif one.right.customer != one.customer:
        yield Offender(one.at_ms, 1, f"{one.name} is promised to customer {one.customer} for the right of customer {one.right.customer}")


def _told(one: Sent, found: Parcels) -> Iterator[Offender]:
    if one.right is None:
        yield Offender(one.at_ms, 1, f"{one.name} is sent to customer {one.customer} for {one.ref}, which is no right")
        return
    if one.right.customer != one.customer:
        yield Offender(one.at_ms, 1, f"{one.name} is sent to customer {one.customer} for {one.ref} of customer {one.right.customer}")
    if one.prize != found.prizes[one.right.op]:
        yield Offender(one.at_ms, 1, f"{one.name} holds {one.prize} for {one.right.op}, which is worth {found.prizes[one.right.op]}")


def _twice(how: str, counts: Counter[str], found: Parcels) -> Iterator[Offender]:
    last_ms = {one.ref: one.at_ms for one in found.sent} | {one.name: one.at_ms for one in found.promised}
    for name, count in counts.items():
        if count > 1:
            yield Offender(last_ms[name], count, f"{name} {how} {count} times")
