"""TimerQueue come in order and never early; deadlines are looked at in time and cost nothing between."""

import asyncio
from time import monotonic_ns

import pytest
import uvloop

from locustfiles.engine import timers
from locustfiles.engine.timers import Scheduled, TimeoutWheel, TimerQueue


class _Waiter(Scheduled):
    """Notes when it was served."""

    def __init__(self, served: list[tuple[int, int]], awaited: int, last: asyncio.Event) -> None:
        self._served, self._awaited, self._last = served, awaited, last

    def due(self, at_ns: int) -> None:
        self._served.append((at_ns, monotonic_ns()))
        if len(self._served) == self._awaited:
            self._last.set()

    def missed(self) -> int:
        return 1


@pytest.mark.parametrize("alarm", ["best", "loop"])
def test_moments_come_in_order_and_never_early(alarm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five thousand of them, put in in any order, some of them already past, by the timerfd and by the loop's own timers."""
    if alarm == "loop":
        monkeypatch.setattr(timers, "alarm_for", timers._LoopTimer)
    served: list[tuple[int, int]] = []

    async def work() -> None:
        moments = TimerQueue(asyncio.get_running_loop())
        base_ns = monotonic_ns()
        last = asyncio.Event()
        for number in range(5000):
            moments.at(base_ns - 10_000_000 + number * 7_919_003 % 210_000_000, _Waiter(served, 5000, last))  # by a prime's steps
        async with asyncio.timeout(20):
            await last.wait()
        moments.close()

    uvloop.run(work())
    assert all(now_ns >= at_ns for at_ns, now_ns in served)
    late = [at_ns for at_ns, _ in served]
    assert late == sorted(late)


def test_nothing_is_served_once_the_run_is_over() -> None:
    """However late it is; what is due before that and comes in time is."""
    served: list[tuple[int, int]] = []

    async def work() -> None:
        moments = TimerQueue(asyncio.get_running_loop())
        last, now_ns = asyncio.Event(), monotonic_ns()
        moments.until_ns = now_ns
        moments.at(now_ns - 2, _Waiter(served, 1, last))
        await asyncio.sleep(0.05)
        assert served == []
        moments.until_ns = monotonic_ns() + 10**11
        moments.at(now_ns - 1, _Waiter(served, 2, last))
        async with asyncio.timeout(20):
            await last.wait()
        moments.close()

    uvloop.run(work())
    assert len(served) == 2


def test_what_is_overdue_can_be_told() -> None:
    """At the end, what was not served is known."""

    async def work() -> None:
        moments = TimerQueue(asyncio.get_running_loop())
        now_ns = monotonic_ns()
        moments.at(now_ns - 1, _Waiter([], 1, asyncio.Event()))
        moments.at(now_ns + 10**12, _Waiter([], 1, asyncio.Event()))
        assert len(moments.overdue(now_ns)) == 1
        moments.close()

    uvloop.run(work())


class _Watched:
    """Something under way."""

    def __init__(self) -> None:
        self.deadline_ns = 0
        self.wheel_ns = 0
        self.expired_ns = 0

    def expire(self, now_ns: int) -> None:
        self.expired_ns = now_ns
        self.deadline_ns = 0


def test_deadlines_expire_soon_after_and_never_before() -> None:
    """Within two steps of the wheel, when it is turned as often."""
    deadlines = TimeoutWheel()
    start_ns, step_ns = monotonic_ns(), TimeoutWheel.STEP_NS
    watched = []
    for number in range(500):
        what = _Watched()
        what.deadline_ns = start_ns + number * 3_333_333
        watched.append((what, what.deadline_ns))
        deadlines.watch(what)
    for turn in range(1, 120):
        deadlines.turn(start_ns + turn * step_ns)
    for what, deadline_ns in watched:
        assert deadline_ns <= what.expired_ns <= deadline_ns + 2 * step_ns


def test_a_deadline_put_off_again_and_again_is_kept_once() -> None:
    """A connection with a hundred thousand requests stands in the wheel once, and expires after the last."""
    deadlines, what = TimeoutWheel(), _Watched()
    start_ns = monotonic_ns()
    for number in range(100_000):
        what.deadline_ns = start_ns + 1_000_000_000 + number * 10_000
        deadlines.watch(what)
    assert sum(len(bucket) for bucket in deadlines._buckets.values()) == 1
    for turn in range(1, 150):
        deadlines.turn(start_ns + turn * TimeoutWheel.STEP_NS)
    assert what.expired_ns >= start_ns + 1_999_000_000


def test_a_shorter_deadline_after_a_longer_one_is_met() -> None:
    """The wheel looks earlier where it must."""
    deadlines, what = TimeoutWheel(), _Watched()
    start_ns = monotonic_ns()
    what.deadline_ns = start_ns + 2_000_000_000
    deadlines.watch(what)
    what.deadline_ns = start_ns + 100_000_000
    deadlines.watch(what)
    for turn in range(1, 10):
        deadlines.turn(start_ns + turn * TimeoutWheel.STEP_NS)
    assert start_ns + 100_000_000 <= what.expired_ns <= start_ns + 140_000_000
