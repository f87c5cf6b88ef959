"""Calls to one dependency: a circuit breaker (Resilience4j's semantics, by interlock-cb) behind a bulkhead, and what both did.

A breaker that is closed lets every call through, and opens when of the calls in its window, if there are enough of them, too many failed or
were slow. Open, it refuses, until its wait is over and somebody comes; half-open it lets a bounded number of probes through, and is
closed or opened again by what came of all of them. What was let through in one state never counts in another. No two nodes share one; a
node that is started again goes on with what the process before it knew.
"""

import contextlib
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from interlock import CircuitBreaker, CircuitOpenError, Clock, Config, EventListener, State, WindowType

from mock_bank.services.kit.breaker_memory import BreakerMemory

CHANGES_KEPT: Final = 1000
AGAIN_SOON_S: Final = 1.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When a breaker opens and closes again, and how many may be on their way at once. Rates are shares of the calls in the window."""

    window_calls: int = 0  # the last so many; or
    window_s: int = 0  # those of the last so many seconds
    minimum_calls: int
    failure_rate: float = 0.5
    slow_after_s: float
    slow_rate: float = 1.0
    wait_open_s: float
    probes: int
    at_once: int

    def config(self) -> Config:
        """The same in the library's words.

        Raises:
            ValueError: it makes no sense.
        """
        if bool(self.window_calls) == bool(self.window_s) or self.at_once < 1:
            raise ValueError(f"{self}: say window_calls or window_s, one of them, and at_once of 1 or more")
        by_time = self.window_s > 0
        # Of a window by count that holds fewer than the minimum there would never be enough, and the breaker would never open.
        minimum = self.minimum_calls if by_time else min(self.minimum_calls, self.window_calls)
        return Config(
            window_type=WindowType.TIME_BASED if by_time else WindowType.COUNT_BASED,
            window_size=self.window_s if by_time else self.window_calls,
            minimum_number_of_calls=minimum,
            failure_rate_threshold=self.failure_rate,
            slow_call_duration_threshold=self.slow_after_s,
            slow_call_rate_threshold=self.slow_rate,
            wait_duration_in_open=self.wait_open_s,
            permitted_calls_in_half_open=self.probes,
            max_concurrent_probes=self.probes,
        )


class NotCalledError(Exception):
    """The dependency was not called: definitely nothing was done there."""

    def __init__(self, dependency: str, why: str, retry_after_s: float, *, is_open: bool) -> None:
        """`retry_after_s` is when it may be worth coming again; `is_open` tells an open breaker from a full bulkhead."""
        super().__init__(f"{dependency}: {why}")
        self.retry_after_s, self.is_open = retry_after_s, is_open


@dataclass(frozen=True, slots=True)
class Change:
    """A breaker went from one state to another."""

    seq: int
    monotonic_ns: int
    old: str
    new: str
    probes: int  # that were let through while it was half-open, if it was


@dataclass(frozen=True, slots=True)
class Standing:
    """A dependency as it is now, and what came of its calls since the process started."""

    dependency: str
    state: str
    in_window: int
    failed_in_window: int
    slow_in_window: int
    under_way: int
    called: int
    failed: int
    refused_open: int
    refused_full: int


class _NotForgottenError(Exception):
    """Stands for the failures that a process before this one met."""


def _fail() -> None:
    raise _NotForgottenError


class SystemClock:
    """The machine's monotonic clock, which all its processes share."""

    def monotonic(self) -> float:
        """Seconds since some time."""
        return time.monotonic()


class Dependency(EventListener):
    """What a node depends on, called through its breaker and its bulkhead. Of one event loop, or one thread."""

    def __init__(self, name: str, policy: BreakerPolicy, clock: Clock | None = None, memory: BreakerMemory | None = None) -> None:
        """Closed; where the memory knows of an open one, open from now on. `clock` is monotonic, by default the system's.

        Raises:
            ValueError: as `BreakerPolicy.config`.
        """
        self.name, self._at_once = name, policy.at_once
        self._clock = clock or SystemClock()
        self._breaker = CircuitBreaker(name=name, config=policy.config(), clock=self._clock, listener=self)
        self._under_way = self._called = self._failed = self._refused_open = self._refused_full = 0
        self._probes = 0
        self._seq = 0
        self.changes: deque[Change] = deque(maxlen=CHANGES_KEPT)
        self._memory = memory or BreakerMemory(None)
        if name in self._memory.found:
            self._open(policy.config().minimum_number_of_calls)

    async def call(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What the dependency answers. Whatever `ask` raises counts as its failure and is passed on; a cancelled call counts as nothing.

        Raises:
            NotCalledError: it is not asked, because the breaker is open or too many are on their way already.
        """
        if self._under_way >= self._at_once:  # before the breaker: who finds no room is no probe, and proves nothing of the other side
            self._refused_full += 1
            raise NotCalledError(self.name, f"{self._at_once} calls are under way", AGAIN_SOON_S, is_open=False)
        self._under_way += 1
        try:
            return await self._breaker.call_async(self._admitted, ask)
        except CircuitOpenError as refusal:
            self._refused_open += 1
            raise NotCalledError(self.name, "the breaker is open", refusal.retry_after or AGAIN_SOON_S, is_open=True) from None
        finally:
            self._under_way -= 1

    @property
    def is_open(self) -> bool:
        """Whether it lets nothing through, or only a few probes."""
        return self._breaker.state is not State.CLOSED

    def _open(self, calls: int) -> None:
        """By failures that nobody made: the library has no other way to one that opens and then waits."""
        for _ in range(calls):
            with contextlib.suppress(_NotForgottenError):
                self._breaker.call(_fail)

    async def _admitted(self, ask: Callable[[], Awaitable[T]]) -> T:
        self._called += 1
        if self._breaker.state is State.HALF_OPEN:
            self._probes += 1
        try:
            return await ask()
        except Exception:
            self._failed += 1
            raise

    def on_state_change(self, *, name: str, old: State, new: State) -> None:  # noqa: ARG002 - the listener's signature
        """Called by the breaker."""
        self._seq += 1
        probes, self._probes = self._probes, 0
        self._memory.keep(self.name, closed=new is State.CLOSED)
        self.changes.append(Change(self._seq, round(self._clock.monotonic() * 1e9), old.value, new.value, probes))

    def standing(self) -> Standing:
        """How it is now."""
        window = self._breaker.snapshot()
        return Standing(
            dependency=self.name,
            state=self._breaker.state.value,
            in_window=window.total_calls,
            failed_in_window=window.failed_calls,
            slow_in_window=window.slow_calls,
            under_way=self._under_way,
            called=self._called,
            failed=self._failed,
            refused_open=self._refused_open,
            refused_full=self._refused_full,
        )
