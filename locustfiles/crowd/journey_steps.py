"""What a journey may yield: a question to the system, several at once, a pause, or waiting for the bell."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from scenarios.run.outcomes import Probe
from scenarios.target.operation_codec import Answer

NO_KEY = 0
"""Given as `key`, sends an effectful operation without an idempotency key (to see that it is refused)."""


class Ask:
    """One attempt of a logical operation."""

    __slots__ = ("after_s", "args", "key", "operation", "probe")

    def __init__(self, operation: str, args: Mapping[str, object], key: int | None, after_s: float, probe: Probe) -> None:
        """Made by `Customer.ask`; `after_s` is a pause between the previous response and this attempt."""
        self.operation = operation
        self.args = args
        self.key = key
        self.after_s = after_s
        self.probe = probe


@dataclass(frozen=True, slots=True)
class Think:
    """A pause, log-normal."""

    median_s: float
    p95_s: float


@dataclass(frozen=True, slots=True)
class Bell:
    """Waiting for an absolute time, in seconds since T0; the hand, where it is one, follows it by a human's 150 to 600 ms."""

    at_s: float
    by_hand: bool = True


@dataclass(frozen=True, slots=True)
class Parallel:
    """Several questions at once. The journey goes on when the last is answered, and receives the worst answer."""

    asks: tuple[Ask, ...]


Step = Ask | Think | Bell | Parallel

Journey = Generator[Step, Answer, None]
"""What a journey function returns: it yields steps, and receives the answer to each question."""


@lru_cache(maxsize=256)
def think(median: float, p95: float | None = None) -> Think:
    """A pause of so many seconds, log-normal; the 95th percentile is three medians where none is given."""
    return Think(median, 3 * median if p95 is None else p95)


@lru_cache(maxsize=16)
def bell(at: float) -> Bell:
    """Waits until a time in seconds since T0, if that is still to come, and reacts as a human does."""
    return Bell(at)


def moment(at: float) -> Bell:
    """Waits until a time in seconds since T0, if that is still to come, and goes on at once, as an app does."""
    return Bell(at, by_hand=False)


def parallel(*asks: Ask) -> Parallel:
    """Asks all of these at once, each on a connection of its own."""
    if not asks or not all(type(ask) is Ask for ask in asks):
        raise TypeError("parallel(…) takes what customer.ask(…) gives, once or more")
    return Parallel(asks)
