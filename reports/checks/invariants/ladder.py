"""Rungs of the task ladder are done one after another, each once, and by a payment of its own."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.ladder import Ladder, Step, ladder
from reports.measures.offenders import Offender, first_worst_last

ID = "ladder"
TITLE = "One rung after another, each once"
KIND = Kind.INVARIANT
PLAN = ("P2-09",)


def check(evidence: Evidence) -> Finding:
    """What customers were told first, then each one's rungs in their order, and what each was done by."""
    found = ladder(evidence)
    wrong = [*(Offender(0, 1, f"customer {who} was told that {name} is done, which it is not") for who, name in found.missing)]
    wrong += [*_order(found), *_used_twice(found)]
    people = len({step.customer for step in found.steps})
    detail = f"{many(len(found.steps), 'rung')} of {many(people, 'customer')}; {len(wrong) or 'none'} not by the rules"
    return judged(not wrong, ID, len(wrong), 0, "rungs", detail, first_worst_last(wrong))


def _order(found: Ladder) -> Iterator[Offender]:
    by_customer: defaultdict[int, list[Step]] = defaultdict(list)
    for step in sorted(found.steps, key=lambda one: (one.at_ms, one.rung)):
        by_customer[step.customer].append(step)
    for customer, steps in sorted(by_customer.items()):
        done = 0
        for step in steps:
            if step.rung != done + 1:
                yield Offender(step.at_ms, abs(step.rung - done), f"customer {customer}: rung {step.rung} was done when {done} were")
            done = max(done, step.rung)


def _used_twice(found: Ladder) -> Iterator[Offender]:
    used = Counter(step.ref for step in found.steps)
    for ref, times in sorted(used.items()):
        if times > 1:
            yield Offender(0, times, f"{ref}: {times} rungs were done by it")
