"""The wall clock beside the monotonic one: load is timed by the latter, windows and rules by the former, and a step spoils both."""

import time
from collections.abc import Callable

_READINGS = 5
_CLOSE_NS = 20_000

ReadClock = Callable[[], int]


def since_boot_ns() -> int:
    """The clock that goes on while the machine sleeps, where this system has one; else the monotonic clock."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic_ns() if clock is None else time.clock_gettime_ns(clock)


class ClockDrift:
    """How far another clock has moved against the monotonic one since this was last asked."""

    def __init__(self, other_ns: ReadClock) -> None:
        """Compares from now on. `other_ns` reads the other clock in nanoseconds."""
        self._other_ns = other_ns
        self._apart_ns = self._apart()

    def take_ms(self) -> float:
        """Milliseconds gained since then; negative where it was set back."""
        before_ns, self._apart_ns = self._apart_ns, self._apart()
        return (self._apart_ns - before_ns) / 1e6

    def _apart(self) -> int:
        """The distance, from the closest of a few readings: whoever loses the core between two readings has seen no step."""
        closest_ns, apart_ns = 1 << 62, 0
        for _ in range(_READINGS):
            before_ns = time.monotonic_ns()
            other_ns = self._other_ns()
            lasted_ns = time.monotonic_ns() - before_ns
            if lasted_ns < closest_ns:
                closest_ns, apart_ns = lasted_ns, other_ns - before_ns - lasted_ns // 2
            if closest_ns < _CLOSE_NS:
                break
        return apart_ns
