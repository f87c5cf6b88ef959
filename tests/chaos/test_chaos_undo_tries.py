"""How long an undo is tried: a few times, and longer where the world that it asks may be about to end or to answer again."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from chaos.errors import ChaosError, OutOfReach
from chaos.watchdog import active_fault
from chaos.watchdog.active_fault import WorldTurns, undo_in_tries


@dataclass
class Clock:
    """Time that passes only while it is waited."""

    now_s: float = 0.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """At once."""
        self.now_s += seconds


class Broken:
    """As much of a lease as an undo looks at."""

    handles: tuple[()] = ()
    valid_target = None

    def __init__(self, gone: Callable[[], bool] | None) -> None:
        """Of a world that is gone when that says so; None: of no world."""
        self.world = (1, 1) if gone else None
        self._gone = gone

    @property
    def world_gone(self) -> bool:
        """As a lease's."""
        return bool(self._gone and self._gone())


@dataclass
class Refused:
    """A fault whose undo fails until a moment."""

    clock: Clock
    error: Exception
    until_s: float = 1e9
    asked_s: list[float] = field(default_factory=list)

    def undo(self, _handles: object, _target: object) -> None:
        """Asked once more."""
        self.asked_s.append(self.clock.now_s)
        if self.clock.now_s < self.until_s:
            raise self.error


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Nobody waits."""
    clock = Clock()
    monkeypatch.setattr(active_fault, "time", clock)
    return clock


def tried(fault: Refused, gone: Callable[[], bool] | None, turns: WorldTurns | None = None) -> tuple[int, str]:
    """What comes of an undo; `gone` tells whether its world is, None where the lease is of no world."""
    return undo_in_tries(fault, Broken(gone), turns or WorldTurns())  # type: ignore[arg-type]


def test_a_world_that_ends_with_its_rehearsal_is_waited_for(clock: Clock) -> None:
    """Its supervisor is gone before its first process is: what cannot be asked any more needs no undo in a moment."""
    fault = Refused(clock, OutOfReach("POST /rejoin: no connection"))
    tries, trouble = tried(fault, lambda: clock.now_s > 2.0)
    assert trouble == ""
    assert tries == len(fault.asked_s)
    assert 2.0 < clock.now_s < 3.0


def test_a_supervisor_that_comes_back_is_asked_again(clock: Clock) -> None:
    """A world has a new supervisor within seconds."""
    fault = Refused(clock, OutOfReach("POST /rejoin: no connection"), until_s=3.0)
    assert tried(fault, lambda: False)[1] == ""
    assert fault.asked_s[-1] >= 3.0


@pytest.mark.parametrize(
    ("error", "gone", "most_s"),
    [
        (OutOfReach("no answer"), lambda: False, 6.0),  # a world that stays
        (OutOfReach("no answer"), None, 1.0),  # a target of the user's own
        (ChaosError("will not"), lambda: False, 1.0),  # nothing that waiting mends
    ],
)
def test_an_undo_that_fails_says_why_in_time(clock: Clock, error: Exception, gone: Callable[[], bool] | None, most_s: float) -> None:
    """The others have to be taken back too."""
    fault = Refused(clock, error)
    tries, trouble = tried(fault, gone)
    assert trouble == str(error)
    assert tries == len(fault.asked_s) >= 3
    assert clock.now_s <= most_s


def test_several_faults_of_a_world_wait_for_it_together(clock: Clock) -> None:
    """One deadline for all of them: the second one begins when the first has waited it out, and is tried three times all the same."""
    turns, faults = WorldTurns(), [Refused(clock, OutOfReach("no answer")) for _ in range(3)]
    for fault in faults:
        assert tried(fault, lambda: False, turns)[1] == "no answer"
        assert len(fault.asked_s) >= 3
    assert clock.now_s <= 8.0, "three faults waited for the world one after the other"


def test_a_world_that_has_answered_is_waited_for_anew(clock: Clock) -> None:
    """What is taken back much later meets another outage."""
    turns = WorldTurns()
    first, second = (Refused(clock, OutOfReach("no answer"), until_s=until_s) for until_s in (2.0, 63.0))
    assert tried(first, lambda: False, turns)[1] == ""
    clock.sleep(60.0 - clock.now_s)
    assert tried(second, lambda: False, turns)[1] == ""
    assert second.asked_s[-1] >= 63.0
