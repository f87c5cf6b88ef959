"""Which of many texts is most like another: by the pairs of neighbouring signs that both have, rare ones weighing more.

That is the cosine of vectors of sign pairs with inverse document frequencies; PostgreSQL's `pg_trgm` leaves Chinese signs out where the
cluster's locale is C, as ours is.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable


def _pairs(text: str) -> Counter[str]:
    signs = "".join(sign for sign in text if sign.isalnum())
    return Counter(signs[place : place + 2] for place in range(len(signs) - 1)) + Counter(signs)


class Likeness:
    """An index of texts."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Weighs the pairs of all of them."""
        counted = [_pairs(text) for text in texts]
        frequency = Counter(pair for pairs in counted for pair in pairs)
        self._weight = {pair: math.log(1 + len(counted) / times) for pair, times in frequency.items()}
        self._where: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, pairs in enumerate(counted):
            length = math.sqrt(sum((times * self._weight[pair]) ** 2 for pair, times in pairs.items()))
            for pair, times in pairs.items():
                self._where[pair].append((number, times * self._weight[pair] / length))

    def best(self, text: str) -> tuple[int, float]:
        """The number of the text that is most like it, the first of equals, and how like, from 0 to 1; -1 where nothing is."""
        scores: defaultdict[int, float] = defaultdict(float)
        length = 0.0
        for pair, times in _pairs(text).items():
            weight = times * self._weight.get(pair, math.log(1 + len(self._weight)))
            length += weight**2
            for number, share in self._where.get(pair, ()):
                scores[number] += weight * share
        if not scores:
            return -1, 0.0
        number = min(scores, key=lambda one: (-scores[one], one))
        return number, scores[number] / math.sqrt(length)
