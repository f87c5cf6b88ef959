"""Feeds: what is said of the campaign, as a listening service sells it, and complaints, as a call centre takes them down.

Somebody must have said it: nothing is made up.
"""

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from random import Random
from typing import Final

from mock_bank.suppliers.dials import DialError, Dials

_KEPT: Final = 10_000
_MOST_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Mention:
    """Somebody said something."""

    seq: int
    at_ms: int
    score: float  # -1 is as bad as can be, 1 as good


class Feed:
    """The mentions, the latest ones kept."""

    def __init__(self, chance: Random) -> None:
        """Silence."""
        self.dials = Dials()
        self._chance = chance
        self._mentions: list[Mention] = []
        self._seq = 0

    def say(self, scores: object) -> int:
        """Mentions of now; how many there have been.

        Raises:
            DialError: they are no list of scores.
        """
        if not isinstance(scores, list) or len(scores) > _MOST_AT_ONCE or not all(_is_score(score) for score in scores):
            raise DialError(f"scores must be a list of at most {_MOST_AT_ONCE} numbers from -1 to 1")
        for score in scores:
            self._seq += 1
            self._mentions.append(Mention(self._seq, time.time_ns() // 1_000_000, float(score)))
        del self._mentions[:-_KEPT]
        return self._seq

    def after(self, seq: int) -> dict[str, object]:
        """What was said after number `seq`, as the dials let it be told: some of it twice, some of it late; and the latest number.

        A latest number below `seq` means that the process is another one by now, which counts anew.
        """
        told = [mention for mention in self._mentions if mention.seq > seq]
        return {"mentions": [asdict(mention) for mention in self._out_of_order(self._twice(told))], "latest": self._seq}

    def _twice(self, told: Iterable[Mention]) -> list[Mention]:
        return [mention for one in told for mention in ([one] * (2 if self._chance.random() < self.dials.duplicates else 1))]

    def _out_of_order(self, told: list[Mention]) -> list[Mention]:
        for later in range(1, len(told)):
            if self._chance.random() < self.dials.out_of_order:
                told[later - 1], told[later] = told[later], told[later - 1]
        return told


def _is_score(score: object) -> bool:
    return isinstance(score, int | float) and not isinstance(score, bool) and -1 <= score <= 1
