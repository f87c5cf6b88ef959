"""When the load generator itself was late, so that of what was measured meanwhile some may be its own doing.

Own delay of an attempt = sent - ready, the wait for a connection apart. In that time its load process did nothing for anybody: what was due
was not sent, and what had been answered was not read. Late = the union of those times over all attempts that were sent, of 1 ms and more;
of several load processes the times in which any of them was late. Without own delay a latency is less by what of it lies in the late time
in which the operation was meant, and in that in which, or right behind which, its answer was read; late times in between changed nothing.
And a time that ended by what customers did, whose every step was late by one such time at most, is less by the longest of them. Both are
bounds from below, as what was measured is one from above; a limit between the two cannot be decided.
"""

from dataclasses import dataclass, replace

import numpy as np

from reports.formatting import measured
from reports.measures.aggregation import Operations
from reports.measures.arrays import I64
from scenarios.run.latency import dispatch_lag_us
from scenarios.run.records import FLAG_NOT_SENT, FLAG_UNSENT, Records

_LEAST_US = 1000
_READING_NS = 50_000_000
"""So long behind a late time answers are still read that came in it."""


@dataclass(frozen=True, slots=True)
class OwnDelay:
    """The times in which the generator was late: ascending, none touching another; in ns since T0."""

    from_ns: I64
    to_ns: I64

    @classmethod
    def of(cls, samples: Records) -> "OwnDelay":
        """Of all attempts that were sent."""
        lag_us = dispatch_lag_us(samples)
        late = (samples["flags"] & (FLAG_UNSENT | FLAG_NOT_SENT) == 0) & (lag_us >= _LEAST_US)
        ready_ns: I64 = samples["intended_ns"][late] + samples["ready_us"][late].astype(np.int64) * 1000
        order = np.argsort(ready_ns, kind="stable")
        ready_ns = ready_ns[order]
        reach_ns = np.maximum.accumulate(ready_ns + lag_us[late][order] * 1000)
        first = np.r_[True, ready_ns[1:] > reach_ns[:-1]][: len(ready_ns)]
        return cls(ready_ns[first], reach_ns[np.r_[first[1:], True][: len(first)]])

    def longest_s(self, from_s: float, to_s: float) -> float:
        """The longest of them, as far as it lies between two moments; in seconds."""
        within = np.minimum(self.to_ns, round(to_s * 1e9)) - np.maximum(self.from_ns, round(from_s * 1e9))
        return float(within.max(initial=0)) / 1e9

    def taken_from(self, operations: Operations, since_ns: int) -> Operations:
        """The operations without what they may have waited for the generator from then on. What it never sent is left out."""
        sent = operations.select(~operations.unsent)
        begin_ns = np.maximum(sent.intended_ns, since_ns)
        end_ns = np.maximum(sent.intended_ns + sent.latency_us.astype(np.int64) * 1000, begin_ns)
        if not len(self.from_ns):
            return sent
        meant, read = (np.searchsorted(self.from_ns, at_ns, side="right") - 1 for at_ns in (sent.intended_ns, end_ns))
        own_ns = self._part(meant, begin_ns, end_ns)
        near = (read != meant) & (end_ns - self.to_ns[read] <= _READING_NS)
        own_ns += np.where(near, self._part(read, begin_ns, end_ns), 0)
        return replace(sent, latency_us=sent.latency_us - own_ns // 1000)

    def _part(self, which: I64, begin_ns: I64, end_ns: I64) -> I64:
        """How much of each span lies in one of the late times, by its number; -1 is none."""
        part: I64 = np.minimum(self.to_ns[which], end_ns) - np.maximum(self.from_ns[which], begin_ns)
        return np.where(which < 0, 0, np.maximum(0, part))


def without_it(value: float, unit: str) -> str:
    """What a finding says of a figure that a limit cannot decide."""
    return f", but {measured(value, unit)} without the load generator's own delay"
