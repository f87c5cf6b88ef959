"""What the apps reported to have been seen, beside what the service counted of it."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, integers
from scenarios.run.event_kinds import ReadbackCaptured
from scenarios.run.outcomes import Outcome

if TYPE_CHECKING:
    from reports.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Seen:
    """A kind of thing: how often apps were told that it is taken, how often it may have been, and what the service counted."""

    kind: str
    least: int
    most: int
    told: int


_WRITTEN_S = 2.0
"""What is only counted is written now and then: what was reported so shortly before the read-back may not stand there yet."""


def seen(evidence: "Evidence") -> list[Seen]:
    """All kinds. Each attempt counts: what is only counted has no key, and is counted again when it is sent again.

    Raises:
        NotMapped: the target's file or read-back tells no kinds, no app reported any, or a drill broke something: counts of a moment
            may be lost with a part, and are promised to nobody.
        NoEvidence: the counts are not there.
    """
    plan, mapped = evidence.plan, evidence.plan.target.operations
    kinds = {index: kind for index, name in enumerate(plan.operations) if name in mapped and (kind := mapped[name].beacon)}
    if not kinds:
        raise NotMapped("the target's file does not say which operation reports what was seen (`beacon`)")
    if not evidence.has("beacons"):
        raise NotMapped("the target's read-back has no counts of what was seen (`beacons`)")
    if any(strike.zero_s is not None for strike in evidence.strikes):
        raise NotMapped("a drill struck: counts of a moment may be lost with a part, and are promised to nobody")
    rows = evidence.table("beacons")
    told: Counter[str] = Counter()
    for kind, count in zip(column(rows, "kind"), integers(column(rows, "seen"), "seen").tolist(), strict=True):
        told[str(kind)] += count
    attempts = evidence.customer_attempts.sent.operations
    done_s = attempts.intended_ns / 1e9 + attempts.latency_us / 1e6
    written = done_s < min((event.at_s for event in evidence.of_kind(ReadbackCaptured)), default=np.inf) - _WRITTEN_S
    taken = (attempts.outcome == Outcome.SUCCESS) & written
    turned_away = np.isin(attempts.outcome, (Outcome.SHED, Outcome.REFUSAL))
    found = []
    for kind in sorted(set(kinds.values())):
        mine = np.isin(attempts.op, [index for index, one in kinds.items() if one == kind])
        if mine.any():
            least, most = int(np.count_nonzero(mine & taken)), int(np.count_nonzero(mine & ~turned_away))
            found.append(Seen(kind, least, most, told[kind]))
    if not found:
        raise NotMapped("no app of this run reported what was seen")
    return found
