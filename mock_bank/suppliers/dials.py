"""How a supplier behaves: dials, all of them at rest by default, and what they make of one call."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import Enum
from random import Random
from typing import Final

from mock_bank.errors import WorldError

MOST_MS: Final = 60_000.0
_P95_OF_NORMAL: Final = 1.6448536


class DialError(WorldError):
    """There is no such dial, or it cannot be turned there."""


class Fate(Enum):
    """What becomes of one call."""

    ANSWERED = "answered"
    ERROR = "error"  # answered so, and nothing done
    SWALLOWED = "swallowed"  # never answered, and nothing done
    UNANSWERED = "unanswered"  # done, and never answered


@dataclass(frozen=True, slots=True)
class Dials:
    """One supplier's. What is no time is a share of the calls, from 0 to 1."""

    latency_ms: float = 0.0  # before it does anything: the median of a log-normal
    latency_p95_ms: float = 0.0  # 0: as the median, every time
    errors: float = 0.0
    even_errors: float = 0.0  # the same, dealt out evenly to each caller: of any ten calls of his, as many as the share says
    blackhole: float = 0.0  # swallowed
    unanswered: float = 0.0  # done, and never answered
    duplicates: float = 0.0  # of what is done: twice
    out_of_order: float = 0.0  # held back until a later one is done
    unacknowledged: float = 0.0  # of the notices to executives: read, and left to others

    def turned(self, changes: Mapping[str, object]) -> "Dials":
        """With some turned; None puts one to rest.

        Raises:
            DialError: names the dial and what it may be.
        """
        rest, known = Dials(), {dial.name for dial in fields(self)}
        values: dict[str, float] = {}
        for name, value in changes.items():
            if name not in known:
                raise DialError(f"there is no dial {name!r}; there are {', '.join(sorted(known))}")
            most = MOST_MS if name.endswith("_ms") else 1.0
            wanted = getattr(rest, name) if value is None else value
            if isinstance(wanted, bool) or not isinstance(wanted, int | float) or not 0 <= wanted <= most:
                raise DialError(f"{name} is {value!r}; it must be a number from 0 to {most:g}, or null")
            values[name] = float(wanted)
        turned = replace(self, **values)
        if turned.latency_p95_ms and turned.latency_p95_ms < turned.latency_ms:
            raise DialError(
                f"latency_p95_ms is {turned.latency_p95_ms:g}; it must be 0 or at least latency_ms, which is {turned.latency_ms:g}"
            )
        return turned

    def fate(self, chance: Random) -> Fate:
        """What becomes of the next call."""
        for share, fate in ((self.blackhole, Fate.SWALLOWED), (self.errors, Fate.ERROR), (self.unanswered, Fate.UNANSWERED)):
            if share and chance.random() < share:
                return fate
        return Fate.ANSWERED

    def delay_s(self, chance: Random) -> float:
        """How long the next call takes."""
        if not self.latency_ms or not self.latency_p95_ms:
            return self.latency_ms / 1000
        sigma = math.log(self.latency_p95_ms / self.latency_ms) / _P95_OF_NORMAL
        return min(chance.lognormvariate(math.log(self.latency_ms), sigma), MOST_MS) / 1000


@dataclass(frozen=True, slots=True)
class DialChange:
    """A dial was turned, or put to rest, where its value is 0."""

    monotonic_ns: int
    supplier: str
    dial: str
    value: float


def changes(supplier: str, before: Dials, after: Dials) -> list[DialChange]:
    """What is told of a change that is made now; each at a time of its own."""
    now_ns = time.monotonic_ns()
    turned = [dial.name for dial in fields(Dials) if getattr(before, dial.name) != getattr(after, dial.name)]
    return [DialChange(now_ns + number, supplier, name, getattr(after, name)) for number, name in enumerate(turned)]
