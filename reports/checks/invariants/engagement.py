"""What the service counts of what customers see is what their apps reported, to the plan's one per cent."""

from collections.abc import Iterator

from reports.evidence import Evidence
from reports.finding import Finding, Kind, judged
from reports.formatting import many
from reports.measures.beacons import Seen, seen
from reports.measures.offenders import Offender, first_worst_last

ID = "engagement"
TITLE = "What was seen is counted as it was seen"
KIND = Kind.INVARIANT
PLAN = ("P6-01",)

SHARE = 0.01
"""The plan's own word, and one more: of few reports one may still be on its way."""


def check(evidence: Evidence) -> Finding:
    """Kind by kind."""
    found = seen(evidence)
    wrong = [offender for one in found for offender in _off(one)]
    counts = ", ".join(f"{one.told:,} of {one.kind} for {one.least:,} reported" for one in found)
    detail = f"{many(len(found), 'kind')} counted: {counts}; {len(wrong) or 'none'} off by more than {SHARE:.0%}"
    return judged(not wrong, ID, len(wrong), 0, "kinds", detail, first_worst_last(wrong))


def _off(one: Seen) -> Iterator[Offender]:
    by = max(one.least - one.told, one.told - one.most, 0)
    if by > max(1, SHARE * one.most):
        known = f"{one.least:,}" if one.least == one.most else f"{one.least:,} to {one.most:,}"
        yield Offender(0, by / max(one.most, 1), f"{one.kind}: {one.told:,} counted by the service, {known} reported by apps")
