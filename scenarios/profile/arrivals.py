"""When people came, counted in bins that grow with the log; and the few level stretches of which their rate is made."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

MOST_BINS = 2048
MOST_STRETCHES = 24
_LEAST_LOSS = 10.0
"""What two neighbours must lose in likelihood to stay apart: by chance one pair of twenty thousand at the same rate does."""


class Bins:
    """Counts by time and kind. As many bins as there may be, of one second or of any power of two of them."""

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self.width_s = 1.0
        self._counts: dict[int, dict[str, float]] = {}

    def add(self, at_s: float, kind: str, weight: float = 1) -> None:
        """Counts one."""
        counts = self._bin(at_s)
        counts[kind] = counts.get(kind, 0) + weight

    def reach(self, at_s: float) -> None:
        """Goes on to that moment, though nobody came any more."""
        self._bin(at_s)

    def _bin(self, at_s: float) -> dict[str, float]:
        index = math.floor(at_s / self.width_s)
        counts = self._counts.get(index)
        if counts is None:
            counts = self._counts[index] = {}
            while max(self._counts) - min(self._counts) >= MOST_BINS:
                self._halve()
                index //= 2
            counts = self._counts[index]
        return counts

    def _halve(self) -> None:
        self.width_s *= 2
        old, self._counts = self._counts, {}
        for index, counts in old.items():
            mine = self._counts.setdefault(index // 2, {})
            for kind, count in counts.items():
                mine[kind] = mine.get(kind, 0) + count

    @property
    def peak_per_s(self) -> float:
        """The rate of the fullest bin."""
        return max((sum(counts.values()) for counts in self._counts.values()), default=0) / self.width_s

    def by_bin(self) -> list[dict[str, float]]:
        """The counts of each, from the first to the last."""
        if not self._counts:
            return []
        return [self._counts.get(index, {}) for index in range(min(self._counts), max(self._counts) + 1)]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Bins from the first on, before the last, in which people came at one rate."""

    first: int
    last: int
    kinds: dict[str, float]

    @property
    def count(self) -> float:
        """How many came."""
        return sum(self.kinds.values())


def stretches(by_bin: Sequence[dict[str, float]]) -> list[Stretch]:
    """The bins joined to stretches of one rate, as far as chance explains what differs, and further until they are few."""
    edges = list(range(len(by_bin) + 1))
    sums = np.concatenate([[0.0], np.cumsum([sum(kinds.values()) for kinds in by_bin])])
    while len(edges) > 2:  # noqa: PLR2004 - the two ends
        at = np.asarray(edges)
        counts, widths = np.diff(sums[at]), np.diff(at)
        both, wide = counts[:-1] + counts[1:], widths[:-1] + widths[1:]
        loss = _likelihood(counts[:-1], widths[:-1]) + _likelihood(counts[1:], widths[1:]) - _likelihood(both, wide)
        least = int(np.argmin(loss))
        if loss[least] >= _LEAST_LOSS and len(edges) <= MOST_STRETCHES + 1:
            break
        del edges[least + 1]
    return [Stretch(first, last, _joined(by_bin[first:last])) for first, last in pairwise(edges)]


def _likelihood(counts: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Of Poisson arrivals at their own mean rate, as far as it depends on where the edges are."""
    return counts * np.log(np.where(counts > 0, counts / widths, 1.0))


def _joined(by_bin: Sequence[dict[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for kinds in by_bin:
        for kind, count in kinds.items():
            found[kind] = found.get(kind, 0) + count
    return found
