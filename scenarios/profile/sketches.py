"""What a stream can be known by in little memory: how many differ, how a time is spread, which are the most frequent."""

import math
from collections import Counter

import numpy as np

_KEPT = 4096
_HASHES = float(1 << 64)
_MOST_ITEMS = 5000
_MOST_ZIPF = 3.0


class Distinct:
    """About how many different numbers of 64 random bits have come: exactly up to four thousand, then within 3 % (two standard errors)."""

    def __init__(self) -> None:
        """None yet."""
        self._least: set[int] = set()
        self._bound = 1 << 64

    def add(self, digest: int) -> None:
        """One, perhaps again. The smallest are kept (Bar-Yossef et al., 2002)."""
        if digest < self._bound:
            self._least.add(digest)
            if len(self._least) > 2 * _KEPT:
                self._least = set(sorted(self._least)[:_KEPT])
                self._bound = max(self._least)

    @property
    def count(self) -> int:
        """The estimate."""
        if self._bound == 1 << 64:
            return len(self._least)
        return round((_KEPT - 1) * _HASHES / sorted(self._least)[_KEPT - 1])


class Spread:
    """How long something took: two digits of each are kept."""

    def __init__(self) -> None:
        """None yet."""
        self._counts: Counter[float] = Counter()

    def add(self, took_s: float) -> None:
        """One time."""
        step = 10.0 ** (math.floor(math.log10(max(took_s, 0.001))) - 1)
        self._counts[round(took_s / step) * step] += 1

    @property
    def count(self) -> int:
        """How many."""
        return self._counts.total()

    def quantile(self, share: float) -> float:
        """About this one."""
        left = share * self.count
        for took_s in sorted(self._counts):
            left -= self._counts[took_s]
            if left <= 0:
                return took_s
        return 0.0


class Frequent:
    """The most frequent of many (Misra and Gries, 1982): exact where few differ; else each count is too small by `lost` at most."""

    def __init__(self) -> None:
        """None yet."""
        self.counts: Counter[int] = Counter()
        self.total = 0
        self.lost = 0

    def add(self, digest: int) -> None:
        """One."""
        self.total += 1
        self.counts[digest] += 1
        while len(self.counts) > _MOST_ITEMS:
            self.lost += 1
            self.counts = Counter({item: count - 1 for item, count in self.counts.items() if count > 1})

    def share_of(self, first: int) -> float:
        """Of the hottest ones."""
        return sum(count for _, count in self.counts.most_common(first)) / max(1, self.total)

    @property
    def zipf(self) -> float:
        """The exponent of Zipf's law that makes these counts most likely, from 0 to 3."""
        found = np.asarray(sorted(self.counts.values(), reverse=True), float)
        logs = np.log(np.arange(1, len(found) + 1))
        mean = float((found * logs).sum() / max(1.0, found.sum()))
        low, high = 0.0, _MOST_ZIPF
        for _ in range(40):
            middle = (low + high) / 2
            weights = np.exp(-middle * logs)
            low, high = (middle, high) if float((weights * logs).sum() / weights.sum()) > mean else (low, middle)
        return (low + high) / 2
