"""Gates with `abort after` break when their limit is broken for all of their time, and not before."""

import pytest

from chaos.system_events import ToldNow
from scenarios.errors import BadInput
from scenarios.plan.gates import parse_gate
from scenarios.plan.phases import Phase
from scenarios.plan.scenario import Pulse, Scenario
from scenarios.plan.strikes import PlannedDrill
from scenarios.run.live_window import LiveWindow, Second
from scenarios.run.outcomes import Outcome
from stormdrill.rehearsal.abort_gates import AbortWatch


def watch(*gates: str) -> AbortWatch:
    """The watch of a scenario with these gates; a.read has index 0."""
    phases = [Phase(name="calm", lasts=20, arrivals=1), Phase(name="peak", lasts=20, arrivals=1)]
    drills = [PlannedDrill(drill="primary-kill", at="10 s")]
    scenario = Scenario(
        name="x", describe="x", phases=phases, mix={"a": 1}, pulse=Pulse(operations=["a.read"]), drills=drills, gates=list(gates)
    )
    return AbortWatch(scenario, ["a.read", "b.write"], ["b.write"])


def window(*seconds: tuple[int, int], start: int = 0) -> LiveWindow:
    """Seconds of so many successes and failures of a.read; a failure takes 900 ms, a success 10."""
    made = []
    for number, (good, bad) in enumerate(seconds, start):
        outcomes = {Outcome.SUCCESS: good, Outcome.FAILURE: bad}
        latencies = (10.0,) * good + (900.0,) * bad
        made.append(Second(float(number), outcomes, latencies, {0: outcomes}, {0: latencies}))
    return LiveWindow(float(start + len(seconds)), tuple(made), (), {})


def test_a_breach_needs_the_whole_of_its_time() -> None:
    """Three bad seconds of three break it; two do not; good ones in between are weighed in."""
    gates = watch("error ratio <= 50 % abort after 3 s")
    assert gates.breach(window((0, 10), (0, 10))) is None
    assert gates.breach(window((30, 0), (0, 10), (0, 10))) is None
    breach = gates.breach(window((30, 0), (2, 10), (0, 10), (0, 10)))
    assert breach is not None
    assert breach.measured == pytest.approx(30 / 32)
    assert (breach.from_s, breach.to_s) == (1, 4)


@pytest.mark.parametrize(
    ("gate", "broken"),
    [
        ("trips of primary-kill <= 0 abort after 1 s", ToldNow(trips=1)),
        ("writers of primary-kill <= 1 abort after 1 s", ToldNow(writers=2)),
    ],
)
def test_what_the_target_tells_breaks_a_gate_once_it_has_been_so_for_its_time(gate: str, broken: ToldNow) -> None:
    """Well in between begins the time anew; a target that tells nothing breaks nothing."""
    gates, well = watch(gate), ToldNow(trips=0, writers=1)
    told = [(0.0, broken), (0.75, broken), (1.0, well), (1.25, broken), (2.0, broken), (2.0, ToldNow())]
    assert [gates.breach(LiveWindow(at_s, (), (), {}), now) for at_s, now in told] == [None] * 6
    assert gates.breach(LiveWindow(2.25, (), (), {}), broken) is None
    breach = gates.breach(LiveWindow(3.25, (), (), {}), broken)
    assert breach is not None
    assert (breach.gate.text, breach.from_s, breach.to_s) == (gate, 2.25, 3.25)


def test_too_little_decides_nothing() -> None:
    """A handful of attempts stops no run; a rate of nothing does."""
    assert watch("error ratio <= 1 % abort after 3 s").breach(window((0, 1), (0, 1), (0, 1))) is None
    assert watch("tps >= 1/s abort after 3 s").breach(window((0, 0), (0, 0), (0, 0))) is not None


def test_reads_are_no_transactions() -> None:
    """A service that only shows pages makes none; of an operation by name, its successes count."""
    reading = window((50, 0), (50, 0), (50, 0))
    breach = watch("tps >= 1/s abort after 3 s").breach(reading)
    assert breach is not None
    assert breach.measured == 0
    assert watch("tps of a.read >= 1/s abort after 3 s").breach(reading) is None


def test_a_phase_bounds_the_time() -> None:
    """Seconds outside the phase count for nothing."""
    gates = watch("p95 of a.read <= 100 ms in peak abort after 2 s")
    assert gates.breach(window((0, 50), (0, 50), start=18)) is None
    assert gates.breach(window((0, 50), (0, 50), start=19)) is None
    assert gates.breach(window((0, 50), (0, 50), start=20)) is not None


def test_only_what_is_known_live_may_abort() -> None:
    """Recovery and service times are known after the run."""
    with pytest.raises(BadInput, match="is known after the run only"):
        parse_gate("rto of x <= 3 s abort after 5 s")
    with pytest.raises(BadInput, match="is known after the run only"):
        parse_gate("service p99 <= 3 s abort after 5 s")
