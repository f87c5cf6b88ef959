"""Waiting, in two kinds: exact moments for customers (a heap behind one timerfd), and coarse deadlines for what is under way (a wheel)."""

import ctypes
import os
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable
from heapq import heappop, heappush
from time import monotonic_ns
from typing import Protocol

_MOST_AT_ONCE = 64
"""Timers served before the sockets get their turn again."""


class Alarm(Protocol):
    """Calls back once, at the time it was last set to."""

    def set(self, at_ns: int) -> None:
        """`at_ns` on CLOCK_MONOTONIC."""

    def close(self) -> None:
        """Never calls back again."""


class _TimerFd:
    """A Linux timerfd: rings within some 50 microseconds, where the loop's own timers take up to a millisecond."""

    _CLOCK_MONOTONIC, _FLAGS, _ABSOLUTE = 1, os.O_NONBLOCK | os.O_CLOEXEC, 1

    def __init__(self, loop: AbstractEventLoop, ring: Callable[[], None]) -> None:
        libc = ctypes.PyDLL(None, use_errno=True)
        self._settime = libc.timerfd_settime
        self._settime.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        self._fd: int = libc.timerfd_create(self._CLOCK_MONOTONIC, self._FLAGS)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create failed")
        self._spec = (ctypes.c_int64 * 4)()  # interval and first ringing, each in seconds and nanoseconds
        self._where = ctypes.addressof(self._spec)
        self._loop = loop
        loop.add_reader(self._fd, ring)

    def set(self, at_ns: int) -> None:
        # SharedFacts it anew also takes back a ringing that was not read, so nothing needs to be read.
        self._spec[2], self._spec[3] = divmod(max(at_ns, 1), 1_000_000_000)
        self._settime(self._fd, self._ABSOLUTE, self._where, None)

    def close(self) -> None:
        self._loop.remove_reader(self._fd)
        os.close(self._fd)


class _LoopTimer:
    """The event loop's own timer, to a millisecond."""

    def __init__(self, loop: AbstractEventLoop, ring: Callable[[], None]) -> None:
        self._loop = loop
        self._ring = ring
        self._handle = loop.call_later(3600, ring)

    def set(self, at_ns: int) -> None:
        self._handle.cancel()
        self._handle = self._loop.call_later(max(0.0, (at_ns - monotonic_ns()) / 1e9), self._ring)

    def close(self) -> None:
        self._handle.cancel()


def alarm_for(loop: AbstractEventLoop, ring: Callable[[], None]) -> Alarm:
    """The most exact alarm that this system has."""
    return _TimerFd(loop, ring) if sys.platform == "linux" else _LoopTimer(loop, ring)


class Scheduled:
    """Something that waits for its moment."""

    __slots__ = ()

    def due(self, at_ns: int) -> None:
        """Its moment, `at_ns`, has come."""
        raise NotImplementedError

    def missed(self) -> int:
        """The run is over and its moment was not served: writes down what it can, and tells how many attempts it could not."""
        return 0

    def __lt__(self, _other: object) -> bool:
        """Of two with the same moment none comes before the other."""
        return False


_FAR = 1 << 62


class TimerQueue:
    """Everything that waits for a moment. Costs a heap's logarithm for each, whatever their number."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        """Uses the loop for its one alarm."""
        self._heap: list[tuple[int, Scheduled]] = []
        self._alarm = alarm_for(loop, self._ring)
        self._armed_ns = _FAR
        self._serving = False
        self.until_ns = _FAR
        """From then on nothing is served, however late it is: what is asked for now, nobody would wait for."""
        self.longest_late_ns = 0

    def at(self, at_ns: int, what: Scheduled) -> None:
        """`what.due(at_ns)` is called at that time, never before."""
        heappush(self._heap, (at_ns, what))
        if at_ns < self._armed_ns and not self._serving:
            self._armed_ns = at_ns
            self._alarm.set(at_ns)

    def _ring(self) -> None:
        heap = self._heap
        self._serving = True
        try:
            for _ in range(_MOST_AT_ONCE):
                now_ns = monotonic_ns()
                if not heap or heap[0][0] > now_ns or now_ns >= self.until_ns:
                    break
                at_ns, what = heappop(heap)
                self.longest_late_ns = max(self.longest_late_ns, now_ns - at_ns)
                what.due(at_ns)
        finally:
            self._serving = False
            self._armed_ns = heap[0][0] if heap and heap[0][0] < self.until_ns else _FAR
            self._alarm.set(self._armed_ns)

    def overdue(self, now_ns: int) -> list[Scheduled]:
        """What should have been served by now and was not."""
        return [what for at_ns, what in self._heap if at_ns <= now_ns]

    def clear(self) -> None:
        """Forgets everything."""
        self._heap.clear()

    def close(self) -> None:
        """Never serves anything again."""
        self._alarm.close()
        self._heap.clear()


class Expirable(Protocol):
    """Something under way that must not take for ever."""

    deadline_ns: int  # 0 while nothing is awaited
    wheel_ns: int  # where the wheel has it, 0 where it has not

    def expire(self, now_ns: int) -> None:
        """The deadline has passed."""


class TimeoutWheel:
    """Coarse deadlines. What is watched again and again, as a connection is, costs one look per deadline and nothing for each time."""

    STEP_NS = 20_000_000

    def __init__(self) -> None:
        """Is driven by `turn`."""
        self._buckets: dict[int, list[Expirable]] = {}
        self._turned = monotonic_ns() // self.STEP_NS

    def watch(self, what: Expirable) -> None:
        """Sees to it that `expire` is called soon after `what.deadline_ns`, should that still be set then."""
        if 0 < what.wheel_ns <= what.deadline_ns + self.STEP_NS:
            return  # it will be looked at early enough, and put off then
        bucket = max(what.deadline_ns // self.STEP_NS + 1, self._turned + 1)
        what.wheel_ns = bucket * self.STEP_NS
        self._buckets.setdefault(bucket, []).append(what)

    def turn(self, now_ns: int) -> None:
        """Looks at all whose time may have come."""
        last = now_ns // self.STEP_NS
        for number in range(self._turned + 1, last + 1):
            self._turned = number
            for what in self._buckets.pop(number, ()):
                if what.wheel_ns == number * self.STEP_NS:
                    self._look(what, now_ns)

    def _look(self, what: Expirable, now_ns: int) -> None:
        what.wheel_ns = 0
        if not what.deadline_ns:
            return
        if what.deadline_ns > now_ns:
            self.watch(what)
        else:
            what.expire(now_ns)
