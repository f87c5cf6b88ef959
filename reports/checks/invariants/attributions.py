"""Each customer is owed to one link, and a link's count is of the customers who are owed to it."""

from collections import defaultdict
from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.attributions import Link, links
from reports.measures.offenders import Offender, first_worst_last

ID = "attributions"
TITLE = "A customer is owed to one link, and links count true"
KIND = Kind.INVARIANT
PLAN = ("P3-04", "P3-07", "P3-08", "P4-05", "P4-06", "P4-08")


def check(evidence: Evidence) -> Finding:
    """Links by their own counts; that it is the link which the customer came by is the check `parties`'s to say."""
    found = links(evidence)
    wrong = [*_in_two(found), *(offender for name, link in found.items() for offender in _count(name, link))]
    people = sum(len(link.customers) for link in found.values())
    detail = f"{many(people, 'customer')} came by {many(len(found), 'link')}; {len(wrong) or 'none'} not by the rules"
    return judged(not wrong, ID, len(wrong), 0, "links and customers", detail, first_worst_last(wrong))


def _count(name: str, link: Link) -> Iterator[Offender]:
    brought = len(link.customers)
    if link.told is None:
        yield Offender(link.last_ms, brought, f"{name}: it has no row, and brought {many(brought, 'customer')}")
    elif link.told != brought:
        yield Offender(link.last_ms, abs(link.told - brought), f"{name}: {many(link.told, 'customer')} by its count, it brought {brought}")


def _in_two(found: dict[str, Link]) -> Iterator[Offender]:
    owed: defaultdict[int, list[str]] = defaultdict(list)
    for name, link in found.items():
        for customer in link.customers:
            owed[customer].append(name)
    for customer, names in sorted(owed.items()):
        if len(names) > 1:
            yield Offender(0, len(names), f"customer {customer} is owed to {len(names)} links: {', '.join(names)}")
