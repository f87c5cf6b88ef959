"""Exact percentiles: the value itself at its rank, never rounded, never interpolated, never better than what was unanswered."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from reports.measures.arrays import I64, U32, Bools

_PARTS = 10_000
_RULE_OF_THREE = 3
_LEAST = 20
"""Fewer operations decide nothing."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """A percentile in microseconds. Censored: the true value is greater than this."""

    value_us: int
    censored: bool = False

    @property
    def ms(self) -> float:
        """In milliseconds, exact to the microsecond."""
        return self.value_us / 1000


class Ranked:
    """Latencies in order, for as many percentiles as wanted. What was never answered stands behind everything that was."""

    def __init__(self, latency_us: I64 | U32, censored: Bools) -> None:
        """Sorts once."""
        self._answered = np.sort(latency_us[~censored])
        self._bounds = np.sort(latency_us[censored])
        self._all = np.sort(latency_us) if len(self._bounds) else self._answered

    def __len__(self) -> int:
        """How many values."""
        return len(self._all)

    def at(self, quantile: float) -> Quantile | None:
        """Nearest-rank percentile: the least value that at least this share does not exceed; None where there is no value.

        Among unanswered operations the true order is not known: the percentile is "greater than" what is certain, which is the
        percentile that holds if each had been answered in the moment it was given up.
        """
        if not len(self._all):
            return None
        rank = nearest_rank(len(self._all), quantile) - 1
        if rank < len(self._answered):
            return Quantile(int(self._answered[rank]))
        return Quantile(int(self._all[rank]), censored=True)


def nearest_rank(count: int, quantile: float) -> int:
    """Rank, from 1, of a percentile among `count` values: ceil(quantile * count), in whole numbers so that no rounding creeps in."""
    parts = round(quantile * _PARTS)
    return max(1, -(-count * parts // _PARTS))


def least_of_ratio(limit: float) -> int:
    """Operations that a ratio needs to be held against a limit: so many that none of them says, with 95 % confidence, less than the limit.

    That is the rule of three: 3 / n is the upper bound of a share of which n operations showed none. A limit of all or none takes any.
    """
    nearest = min(limit, 1 - limit)
    return ceil(round(_RULE_OF_THREE / nearest, 6)) if 0 < nearest < 1 else _LEAST


def least_samples(quantile: float) -> int:
    """Values that a percentile needs to mean something: ten beyond it."""
    beyond = _PARTS - round(quantile * _PARTS)
    return 1 if beyond == 0 else -(-10 * _PARTS // beyond)
