"""What a drill's fault cost in effects: what had been acknowledged and is not there afterwards, what was unknown, what is there twice."""

from dataclasses import dataclass

import numpy as np

from reports.measures.arrays import Bools
from reports.measures.reconciliation import Reconciliation
from scenarios.run.records import NO_AMOUNT

_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Loss:
    """Of one drill; None where it cannot be told. Lost is what was acknowledged and is absent."""

    rpo_operations: int | None = None  # all lost ones
    lost_before: int | None = None  # of them, acknowledged up to zero
    lost_after: int | None = None  # of them, acknowledged after it: by a writer that should have been none
    rpo_s: float | None = None  # how long the time around zero is in which an acknowledgement could not be relied on
    rpo_fen: int | None = None
    unknown_present: int | None = None
    unknown_absent: int | None = None
    duplicates: int | None = None


FIGURES = tuple(Loss.__dataclass_fields__)


def loss_of(
    zero_s: float, previous_s: float, next_s: float, reconciled: Reconciliation | None, why_not: str, reasons: dict[str, str]
) -> Loss:
    """All that was acknowledged between the drill before and the next one, and is lost.

    What lies between two drills may be either's fault, so it stands with both.
    """
    if reconciled is None:
        reasons |= dict.fromkeys(FIGURES, why_not)
        return Loss()
    keys, ended_s = reconciled.keys, reconciled.keys.ended_ns / _NS
    lost: Bools = reconciled.lost & (ended_s > previous_s) & (ended_s <= next_s)
    after = (ended_s > zero_s) & (ended_s <= next_s)
    amounts = keys.amount_fen[lost & (keys.amount_fen != NO_AMOUNT)]
    return Loss(
        int(lost.sum()),
        int((lost & ~after).sum()),
        int((lost & after).sum()),
        _unreliable_s(zero_s, ended_s[lost]),
        int(amounts.sum()),
        int((reconciled.unknown_present & after).sum()),
        int((reconciled.unknown_absent & after).sum()),
        int((reconciled.duplicates & after).sum()),
    )


def _unreliable_s(zero_s: float, lost_s: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
    """From the oldest lost acknowledgement to the fault, and on to the newest where some were given after it."""
    if not len(lost_s):
        return 0.0
    return round(max(zero_s, float(lost_s.max())) - min(zero_s, float(lost_s.min())), 6)
