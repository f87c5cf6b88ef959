"""The times of a sample, by the one formula that everybody uses. All from the four times that it carries: intended, ready, sent, done."""

import numpy as np
import numpy.typing as npt

from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_CENSORED, FLAG_RESET, FLAG_TIMEOUT, Records

Microseconds = npt.NDArray[np.int64]
_NO_ANSWER = FLAG_CENSORED | FLAG_TIMEOUT | FLAG_RESET


def latency_us(samples: Records) -> Microseconds:
    """Done - intended: what the customer waited, lateness of the generator included."""
    total: Microseconds = samples["ready_us"].astype(np.int64) + samples["dispatch_us"] + samples["service_us"]
    return total


def dispatch_lag_us(samples: Records) -> Microseconds:
    """Sent - ready, the wait for a connection apart: the generator's own delay."""
    lag: Microseconds = samples["dispatch_us"].astype(np.int64) - samples["pool_us"]
    return lag


def done_ns(samples: Records) -> Microseconds:
    """When each was answered or given up, in nanoseconds since T0."""
    done: Microseconds = samples["intended_ns"] + latency_us(samples) * 1000
    return done


def unanswered(outcome: npt.NDArray[np.uint8], flags: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Whether no answer ever came to each: its latency is a lower bound."""
    never: npt.NDArray[np.bool_] = (outcome == Outcome.UNKNOWN) & (flags & _NO_ANSWER != 0)
    return never
