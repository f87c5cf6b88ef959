"""A place is one customer's, as was promised, and nobody has two."""

from collections import defaultdict
from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.bookings import Slot, bookings
from reports.measures.offenders import Offender, first_worst_last

ID = "bookings"
TITLE = "A place is one customer's"
KIND = Kind.INVARIANT
PLAN = ("P1-10", "P2-05")


def check(evidence: Evidence) -> Finding:
    """What customers were promised first, then whose each place is by the read-back."""
    found = bookings(evidence)
    wrong = [*(offender for name, slot in found.items() for offender in _slot(name, slot)), *_two_of_one(found)]
    promised = sum(len(slot.promised) for slot in found.values())
    detail = f"{many(len(found), 'place')}, {promised} promised; {len(wrong) or 'none'} not by the rules"
    return judged(not wrong, ID, len(wrong), 0, "places and customers", detail, first_worst_last(wrong))


def _slot(name: str, slot: Slot) -> Iterator[Offender]:
    for how, whose in (("was promised to", slot.promised), ("is given to", slot.given)):
        customers = sorted(set(whose))
        if len(customers) > 1:
            yield Offender(slot.last_ms, len(customers), f"{name} {how} {len(customers)} customers: {', '.join(map(str, customers))}")
    for customer in sorted(set(slot.promised) - set(slot.given)):
        yield Offender(slot.last_ms, 1, f"{name} was promised to customer {customer}, who does not have it")


def _two_of_one(found: dict[str, Slot]) -> Iterator[Offender]:
    held: defaultdict[int, list[str]] = defaultdict(list)
    for name, slot in found.items():
        for customer in slot.given:
            held[customer].append(name)
    for customer, names in sorted(held.items()):
        if len(names) > 1:
            yield Offender(0, len(names), f"customer {customer} has {len(names)} places: {', '.join(names)}")
