"""When the load generator itself was late, so that of what was measured meanwhile some may be its own doing.

Own delay of an attempt = sent - ready, the wait for a connection apart. In that time its load process did nothing for anybody: what was due
was not sent, and what had been answered was not read. Late = the union of those times over all attempts that were sent, of 1 ms and more;
of several load processes the times in which any of them was late. What somebody waited while the generator was late, they may have
waited for it alone: without own delay = the latency less what of it lies in late. It is a bound from below, as what was measured is one
from above; a limit between the two cannot be decided.
"""

from dataclasses import dataclass, replace

import numpy as np

from reports.formatting import measured
from reports.measures.aggregation import Operations
from reports.measures.arrays import I64
from scenarios.run.latency import dispatch_lag_us
from scenarios.run.records import FLAG_NOT_SENT, FLAG_UNSENT, Records

_LEAST_US = 1000


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

    def between(self, from_ns: I64, to_ns: I64) -> I64:
        """How much of each of these spans, in ns."""
        return self._before(to_ns) - self._before(from_ns)

    def between_s(self, from_s: float, to_s: float) -> float:
        """How much of one span, in seconds."""
        span = np.array([round(from_s * 1e9), round(to_s * 1e9)], np.int64)
        return float(np.diff(self._before(span))[0]) / 1e9

    def taken_from(self, operations: Operations, since_ns: int) -> Operations:
        """The operations without what they may have waited for the generator from then on. What it never sent is left out."""
        sent = operations.select(~operations.unsent)
        done_ns = sent.intended_ns + sent.latency_us.astype(np.int64) * 1000
        own_ns = self.between(np.maximum(sent.intended_ns, since_ns), np.maximum(done_ns, since_ns))
        return replace(sent, latency_us=sent.latency_us - own_ns // 1000)

    def _before(self, at_ns: I64) -> I64:
        """How much of the time until each of these moments."""
        total = np.concatenate([[0], np.cumsum(self.to_ns - self.from_ns)]).astype(np.int64)
        begun = np.searchsorted(self.from_ns, at_ns, side="right")
        left: I64 = np.where(begun > 0, np.maximum(0, np.append(self.to_ns, 0)[begun - 1] - at_ns), 0)
        return total[begun] - left


def without_it(value: float, unit: str) -> str:
    """What a finding says of a figure that a limit cannot decide."""
    return f", but {measured(value, unit)} without the load generator's own delay"
