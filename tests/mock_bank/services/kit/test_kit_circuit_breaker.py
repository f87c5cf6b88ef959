"""Calls to a dependency: whatever calls do and whenever, the breaker does what the reference does, and the bulkhead holds."""

import asyncio
import os
import tempfile
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from reference_breaker import Hands, Reference

from mock_bank.services.kit.breaker_memory import BreakerMemory
from mock_bank.services.kit.circuit_breaker import BreakerPolicy, Dependency, NotCalledError

HISTORIES = int(os.environ.get("STORMDRILL_HISTORIES", "150"))  # thousands by `make failover`

SMALL = BreakerPolicy(window_calls=4, minimum_calls=3, slow_after_s=1.0, wait_open_s=5.0, probes=2, at_once=50)
shares = st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0])
seconds = st.one_of(st.sampled_from([0.0, 0.5, 1.0, 4.9, 5.0, 10.0]), st.floats(0, 12, allow_nan=False))


@st.composite
def policies(draw: st.DrawFn) -> BreakerPolicy:
    """Small ones, so that every edge is met often."""
    by_time = draw(st.booleans())
    size = draw(st.integers(1, 6))
    return BreakerPolicy(
        window_s=size if by_time else 0,
        window_calls=0 if by_time else size,
        minimum_calls=draw(st.integers(1, 6)),
        failure_rate=draw(shares),
        slow_after_s=draw(st.sampled_from([0.5, 1.0, 3.0])),
        slow_rate=draw(shares),
        wait_open_s=draw(st.sampled_from([1.0, 5.0])),
        probes=draw(st.integers(1, 4)),
        at_once=draw(st.sampled_from([2, 100])),
    )


class Answer:
    """What a dependency answers when the test says so."""

    def __await__(self) -> Generator[None, None, None]:
        """Waits for the test."""
        yield


@dataclass
class Call:
    """A call under way, driven by hand instead of a loop."""

    coroutine: object
    era: int
    began_s: float

    def end(self, error: BaseException | None) -> None:
        """The dependency answers, or it comes to grief."""
        try:
            self.coroutine.throw(error) if error else self.coroutine.send(None)  # type: ignore[attr-defined]  # a coroutine
        except (StopIteration, ArithmeticError, asyncio.CancelledError):
            return
        raise AssertionError("the call goes on after its answer")


class Histories(RuleBasedStateMachine):
    """Calls that begin, end well, badly, late or not at all, at any times."""

    def memory(self) -> BreakerMemory:
        """What the process before it has left."""
        return BreakerMemory(Path(self.folder.name) / "breakers")

    def make(self, policy: BreakerPolicy, clock: Hands) -> Dependency:
        """The one under test."""
        return Dependency("dependency", policy, clock, self.memory())

    @initialize(policy=policies(), now_s=st.floats(0, 1e6))
    def begin(self, policy: BreakerPolicy, now_s: float) -> None:
        """A closed breaker."""
        self.clock = Hands(now_s)
        self.folder = tempfile.TemporaryDirectory()
        self.policy, self.dependency, self.reference = policy, self.make(policy, self.clock), Reference(policy, self.clock)
        self.calls: list[Call] = []
        self.refused_full = self.refused_open = 0

    @rule(again=st.integers(1, 6))
    def call(self, again: int) -> None:
        """Somebody calls, and others with him."""
        for _ in range(again):
            self._call()

    def _call(self) -> None:
        coroutine = self.dependency.call(Answer)
        room = len(self.calls) < self.policy.at_once
        admitted = room and self.reference.ask()
        try:
            coroutine.send(None)
        except NotCalledError:
            assert not admitted, "it refuses a call that may go"
            self.refused_full += not room
            self.refused_open += room
        else:
            assert admitted, "it lets a call through that may not go"
            self.calls.append(Call(coroutine, self.reference.era, self.clock.now_s))

    @precondition(lambda self: self.calls)
    @rule(which=st.integers(0, 99), failed=st.booleans())
    def end(self, which: int, *, failed: bool) -> None:
        """A call comes to its end."""
        call = self.calls.pop(which % len(self.calls))
        call.end(ArithmeticError() if failed else None)
        self.reference.end(call.era, self.clock.now_s - call.began_s, failed=failed)

    @precondition(lambda self: self.calls)
    @rule(failed=st.booleans())
    def end_all(self, *, failed: bool) -> None:
        """All that are under way come to their end."""
        for _ in range(len(self.calls)):
            self.end(0, failed=failed)

    @precondition(lambda self: self.calls)
    @rule(which=st.integers(0, 99))
    def cancel(self, which: int) -> None:
        """A caller gives up."""
        call = self.calls.pop(which % len(self.calls))
        call.end(asyncio.CancelledError())
        self.reference.cancel(call.era)

    @rule()
    def restart(self) -> None:
        """The process dies, and another goes on: nobody waits for its calls, and what was not closed is open anew."""
        for call in self.calls:
            call.coroutine.close()  # type: ignore[attr-defined]  # a coroutine
        was_closed = self.reference.state == "closed"
        self.dependency, self.reference = self.make(self.policy, self.clock), Reference(self.policy, self.clock)
        if not was_closed:
            self.reference.open()
        self.calls.clear()
        self.refused_full = self.refused_open = 0

    @rule(seconds=seconds)
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.clock.now_s += seconds

    @invariant()
    def agree(self) -> None:
        """Both say the same of the state, the window and what was refused."""
        if not hasattr(self, "dependency"):
            return
        standing = self.dependency.standing()
        assert standing.state == self.reference.state
        assert (standing.under_way, standing.refused_full, standing.refused_open) == (len(self.calls), self.refused_full, self.refused_open)
        if standing.state == "closed":
            window = self.reference.window()
            told = (standing.in_window, standing.failed_in_window, standing.slow_in_window)
            assert told == (len(window), sum(one.failed for one in window), sum(one.slow for one in window))
        assert len(self.dependency.changes) == self.reference.era
        if self.dependency.changes:
            assert self.dependency.changes[-1].new == self.reference.state

    def teardown(self) -> None:
        """Nothing is left hanging."""
        if hasattr(self, "folder"):
            self.folder.cleanup()
        for call in getattr(self, "calls", []):
            call.coroutine.close()  # type: ignore[attr-defined]  # a coroutine


Histories.TestCase.settings = settings(max_examples=HISTORIES, stateful_step_count=40)
TestBreakerHistories = Histories.TestCase


class NeverProbes(Histories):
    """A breaker that never half-opens."""

    def make(self, policy: BreakerPolicy, clock: Hands) -> Dependency:
        """It waits for ever."""
        return Dependency("dependency", replace(policy, wait_open_s=1e9), clock, self.memory())


class AdmitsAll(Histories):
    """A breaker that lets everybody through while it is half-open."""

    def make(self, policy: BreakerPolicy, clock: Hands) -> Dependency:
        """No bound that anybody reaches."""
        return Dependency("dependency", replace(policy, probes=10_000), clock, self.memory())


class CountsNoSlowness(Histories):
    """A breaker to which a slow answer is as good as any."""

    def make(self, policy: BreakerPolicy, clock: Hands) -> Dependency:
        """Nothing is slow."""
        return Dependency("dependency", replace(policy, slow_after_s=1e9), clock, self.memory())


class NeedsNoMinimum(Histories):
    """A breaker that judges by the first call."""

    def make(self, policy: BreakerPolicy, clock: Hands) -> Dependency:
        """One is enough."""
        assume(policy.minimum_calls > 1 and policy.window_calls != 1)
        return Dependency("dependency", replace(policy, minimum_calls=1), clock, self.memory())


class Forgets(Histories):
    """A breaker that is closed whenever its process starts."""

    def make(self, policy: BreakerPolicy, clock: Hands) -> Dependency:
        """Without a memory."""
        return Dependency("dependency", policy, clock)


@pytest.mark.parametrize("broken", [NeverProbes, AdmitsAll, CountsNoSlowness, NeedsNoMinimum, Forgets])
def test_kit_reference_tells_a_broken_breaker(broken: type[Histories]) -> None:
    """Histories are rich enough to find what is wrong with it."""
    found = settings(max_examples=400, stateful_step_count=40, phases=[Phase.generate], report_multiple_bugs=False, derandomize=True)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(broken, settings=found)


def ask(dependency: Dependency, *, failed: bool = False) -> bool:
    """Whether a call that ends at once was let through."""

    async def answer() -> None:
        if failed:
            raise ArithmeticError

    async def one() -> bool:
        try:
            await dependency.call(answer)
        except NotCalledError:
            return False
        except ArithmeticError:
            return True
        return True

    return asyncio.run(one())


def test_kit_breaker_opens_probes_and_closes() -> None:
    """Two failures of three open it; after its wait two probes are let through, and their success closes it; each change is told."""
    clock = Hands()
    dependency = Dependency("dependency", SMALL, clock)
    assert [ask(dependency, failed=failed) for failed in (True, False, True)] == [True] * 3
    assert not ask(dependency)
    clock.now_s += 5
    assert ask(dependency)
    assert ask(dependency)
    assert [(change.old, change.new, change.probes) for change in dependency.changes] == [
        ("closed", "open", 0),
        ("open", "half_open", 0),
        ("half_open", "closed", 2),
    ]
    assert dependency.changes[1].monotonic_ns - dependency.changes[0].monotonic_ns == 5_000_000_000


def test_kit_breaker_opens_again_when_its_probes_fail() -> None:
    """What is broken still is not called again before another wait, and says for how long."""
    clock = Hands()
    dependency = Dependency("dependency", SMALL, clock)
    for _ in range(3):
        ask(dependency, failed=True)
    clock.now_s += 5
    assert [ask(dependency, failed=True) for _ in range(2)] == [True, True]
    clock.now_s += 2
    with pytest.raises(NotCalledError) as refusal:
        asyncio.run(dependency.call(lambda: asyncio.sleep(0)))
    assert refusal.value.retry_after_s == 3.0
    assert dependency.standing().refused_open == 1


def test_kit_window_smaller_than_the_minimum_still_opens() -> None:
    """As in Resilience4j: of a window by count the minimum is never more than the window holds."""
    dependency = Dependency("dependency", replace(SMALL, window_calls=2, minimum_calls=100), Hands())
    ask(dependency, failed=True)
    ask(dependency, failed=True)
    assert dependency.standing().state == "open"


@pytest.mark.parametrize("changes", [{"window_s": 3}, {"window_calls": 0}, {"at_once": 0}, {"failure_rate": 0.0}, {"probes": 0}])
def test_kit_policy_that_makes_no_sense_is_refused(changes: dict[str, int]) -> None:
    """Before anything is called."""
    with pytest.raises(ValueError, match=r".+"):
        Dependency("dependency", replace(SMALL, **changes))  # type: ignore[arg-type]  # figures of its fields


@pytest.mark.parametrize("text", ["", "{", "7", '{"dependency": 1}', "\udcff"])
def test_kit_memory_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    """A closed breaker, and no error; what is known next is kept all the same."""
    path = tmp_path / "breakers"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    memory = BreakerMemory(path)
    assert Dependency("dependency", SMALL, Hands(), memory).standing().state == "closed"
    memory.keep("dependency", closed=False)
    assert BreakerMemory(path).found == {"dependency"}


def test_kit_memory_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """The breaker opens as ever."""
    dependency = Dependency("dependency", SMALL, Hands(), BreakerMemory(tmp_path / "gone" / "breakers"))
    assert [ask(dependency, failed=True) for _ in range(4)] == [True, True, True, False]
