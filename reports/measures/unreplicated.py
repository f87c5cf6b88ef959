"""Reads that were answered while commits whose wait was cancelled stood on one server alone, before that was lost with them.

PostgreSQL shows a commit to readers as soon as its wait for the standby is cancelled, and has no setting against that. Whoever asked for it
was told nothing; whoever looks in these moments sees what will be gone.
"""

from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.arrays import I64, Bools
from scenarios.run.fault_event_kinds import FaultInjecting
from scenarios.run.outcomes import Outcome
from scenarios.run.system_event_kinds import SystemPromoted

if TYPE_CHECKING:
    from reports.evidence import Evidence

_CANCELS = "commits-cancel"


def shown_alone(evidence: "Evidence") -> Bools:
    """Of each read that was kept whether it was answered between such a cancel and the promotion that followed.

    None of them where nothing was promoted afterwards, or where every customer who was waiting then was told how it had ended.
    """
    found = np.zeros(len(evidence.shown), bool)
    for from_s, until_s in _spans(evidence):
        if _somebody_was_told_nothing(evidence, from_s, until_s):
            found |= _between(evidence.shown["done_ns"], from_s, until_s)
    return found


def _spans(evidence: "Evidence") -> list[tuple[float, float]]:
    """From each cancel to the next promotion, which is before the next cancel."""
    cancels = [event.at_s for event in evidence.of_kind(FaultInjecting) if event.facts.fault == _CANCELS]
    promoted = [event.at_s for event in evidence.of_kind(SystemPromoted)]
    found: list[tuple[float, float]] = []
    for cancel_s, after_s in pairwise([*cancels, inf]):
        led_s = min((at_s for at_s in promoted if at_s >= cancel_s), default=inf)
        if led_s < after_s:
            found.append((cancel_s, led_s))
    return found


def _somebody_was_told_nothing(evidence: "Evidence", from_s: float, until_s: float) -> bool:
    """Whether an operation that was under way at the cancel, or came later in this time, was left unknown."""
    acks = evidence.acks
    unknown = acks[acks["outcome"] == Outcome.UNKNOWN]
    return bool(np.any((unknown["sent_ns"] / 1e9 <= until_s) & ((unknown["done_ns"] == 0) | (unknown["done_ns"] / 1e9 >= from_s))))


def _between(moments_ns: I64, from_s: float, until_s: float) -> Bools:
    found: Bools = (moments_ns / 1e9 >= from_s) & (moments_ns / 1e9 <= until_s)
    return found
