"""The calm of a run: the load apart from its beginning and from what drills broke, so that the system's own habits can be seen."""

from typing import TYPE_CHECKING

import numpy as np

from reports.measures.arrays import Bools, Floats

if TYPE_CHECKING:
    from reports.evidence import Evidence

_BEGINNING_S = 2.0
_AFTERMATH_S = 5.0
_LEAST_S = 5.0


def calm_spans(evidence: "Evidence") -> list[tuple[float, float]]:
    """Spans of the load in seconds since T0: up to each strike, and from some time after its recovery to the next."""
    recovered = {recovery.strike.id: recovery.rto_s for recovery in evidence.recoveries}
    spans: list[tuple[float, float]] = []
    since_s = _BEGINNING_S
    struck = sorted((strike for strike in evidence.strikes if strike.zero_s is not None), key=lambda strike: strike.zero_s or 0.0)
    for strike in struck:
        zero_s = strike.zero_s or 0.0
        spans.append((since_s, zero_s))
        since_s = zero_s + (recovered.get(strike.id) or strike.drill.deadline) + _AFTERMATH_S
    spans.append((since_s, evidence.load_ends_s))
    return [(start, end) for start, end in spans if end - start >= _LEAST_S]


def in_calm(evidence: "Evidence", at_s: Floats) -> Bools:
    """Which of these moments lie in the calm."""
    found = np.zeros(len(at_s), bool)
    for start_s, end_s in calm_spans(evidence):
        found |= (at_s >= start_s) & (at_s < end_s)
    return found
