"""A run's figures for monitoring systems: exact counts of what was recorded, and the state that the events tell."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.plan.arrival_curves import arrivals
from scenarios.plugins import load_scenario, load_target
from scenarios.run.event_kinds import LoadFinished, LoadHealth, RunDrained, RunInterrupted, RunPhase
from scenarios.run.events import Event, EventTail, of_kind
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import DrillPlanned, DrillRecovered, FaultInjecting, FaultUndone
from scenarios.run.folder import Plan, Run
from scenarios.run.latency import latency_us
from scenarios.run.outcomes import Outcome
from scenarios.run.records import FLAG_CENSORED, FLAG_NOT_SENT, FLAG_UNSENT, SAMPLE, STREAM_PULSE, Records, operation_id
from scenarios.target.operation_codec import operation_names
from stormdrill.metrics.counters import BOUNDS_S, Buckets, Counters, Family

_TARGET = load_target("embedded")
_SCENARIO = load_scenario("smoke")
PLAN = Plan(run="r", scenario=_SCENARIO, target=_TARGET, operations=operation_names(_TARGET), seed=1, workers=1)
FLAGS = (0, FLAG_CENSORED, FLAG_UNSENT, FLAG_NOT_SENT)

HEALTH = LoadHealth(
    cpu_share=0.25,
    lag_ms=1.5,
    lag_max_ms=2,
    stall_ms=20,
    in_flight=3,
    customers=40,
    connection_queue=1,
    run_delay_share=None,
    gc_ms=0,
    wall_step_ms=0,
    slept_ms=0,
)


def samples(*attempts: tuple[int, int, Outcome, int], stream: int = 0) -> Records:
    """Of operation, latency in microseconds, outcome and flags."""
    made: Records = np.zeros(len(attempts), SAMPLE)
    for number, (op, took_us, outcome, flags) in enumerate(attempts):
        made[number]["operation_id"] = operation_id(stream, number, 1)
        made[number]["operation_index"], made[number]["service_us"] = op, took_us
        made[number]["outcome"], made[number]["flags"] = outcome, flags
    return made


def family(counters: Counters, name: str, now_s: float = 0.0) -> Family:
    """The one of that name."""
    return next(each for each in counters.families(now_s) if each.name == name)


def numbers(counters: Counters, name: str, now_s: float = 0.0) -> dict[tuple[str, ...], float]:
    """A family's figures by its own labels' values."""
    found = {}
    for point in family(counters, name, now_s).points:
        assert not isinstance(point.value, Buckets)
        assert (point.labels["run"], point.labels["scenario"]) == ("r", "smoke")
        found[tuple(value for key, value in point.labels.items() if key not in ("run", "scenario"))] = point.value
    return found


attempts = st.lists(
    st.tuples(st.integers(0, 25), st.integers(0, 40_000_000), st.sampled_from(list(Outcome)), st.sampled_from(FLAGS)), max_size=60
)


@given(parts=st.lists(attempts, max_size=5))
def test_every_attempt_is_counted_once_in_whatever_portions_it_comes(parts: list[list[tuple[int, int, Outcome, int]]]) -> None:
    """Counter, histogram and its sum agree with the samples; what never came to an answer lies beyond every bucket."""
    counters = Counters(PLAN)
    for part in parts:
        counters.count_samples(samples(*part))
    every = samples(*(attempt for part in parts for attempt in part))
    if not len(every):
        assert not [each for each in counters.families(0) if each.name in ("attempts", "latency")]
        return
    counts = numbers(counters, "attempts")
    for (operation, _source, outcome), count in counts.items():
        names = (
            every["operation_index"] >= len(PLAN.operations)
            if operation == "other"
            else every["operation_index"] == PLAN.operations.index(operation)
        )
        assert count >= 1
        same = names & (every["outcome"] == Outcome[outcome.upper()])
        assert sum(value for key, value in counts.items() if (key[0], key[2]) == (operation, outcome)) == same.sum()
    histograms = [point.value for point in family(counters, "latency").points if isinstance(point.value, Buckets)]
    assert sum(sum(histogram.counts) for histogram in histograms) == sum(counts.values()) == len(every)
    assert sum(histogram.total_s for histogram in histograms) == pytest.approx(latency_us(every).sum() / 1e6)
    within = (latency_us(every) <= 500_000) & (every["flags"] & (FLAG_CENSORED | FLAG_UNSENT) == 0)
    assert sum(sum(histogram.counts[: BOUNDS_S.index(0.5) + 1]) for histogram in histograms) == within.sum()
    unsent = numbers(counters, "unsent")
    assert unsent["generator",] == (every["flags"] == FLAG_UNSENT).sum()
    assert unsent["target",] == (every["flags"] == FLAG_NOT_SENT).sum()


def test_the_pulse_is_told_from_the_crowd() -> None:
    """By the source."""
    counters = Counters(PLAN)
    counters.count_samples(samples((0, 10, Outcome.SUCCESS, 0)))
    counters.count_samples(samples((0, 10, Outcome.SUCCESS, 0), (0, 10, Outcome.SUCCESS, 0), stream=STREAM_PULSE))
    first = PLAN.operations[0]
    assert numbers(counters, "attempts") == {(first, "crowd", "success"): 1, (first, "pulse", "success"): 2}


def test_offered_arrivals_are_those_of_the_plan_until_now_or_until_it_was_stopped() -> None:
    """Counted from the curve and the seed, whatever the load processes do."""
    counters = Counters(PLAN)
    times_s = arrivals(_SCENARIO.curve, 1)
    assert numbers(counters, "arrivals_offered", -3)[()] == 0
    assert numbers(counters, "arrivals_offered", 5)[()] == (times_s <= 5).sum() > 10
    assert numbers(counters, "arrivals_offered", 1e6)[()] == len(times_s)
    counters.count_event(Event(6_000_000_000, "door", 0, RunInterrupted(reason="stopped by the user")))
    assert numbers(counters, "arrivals_offered", 1e6)[()] == (times_s <= 6).sum()


def test_events_become_gauges_and_a_load_process_that_has_ended_has_none_in_flight() -> None:
    """Health in seconds and shares; phase, faults and drills as ones and zeros."""
    counters = Counters(PLAN)
    struck = {"fault": "kill-process", "drill": "primary-kill"}
    happened: list[tuple[str, Facts]] = [
        ("load-0", HEALTH),
        ("door", RunPhase(phase="sale")),
        ("drills", DrillPlanned(drill="primary-kill", at_s=1, deadline_s=2, window_s=3)),
        ("watchdog", FaultInjecting(**struck)),
    ]
    for writer, facts in happened:
        counters.count_event(Event(0, writer, 0, facts))
    for name, value in (("customers", 40), ("in_flight", 3), ("connection_queue", 1), ("cpu", 0.25)):
        assert numbers(counters, name) == {("load-0",): value}
    assert numbers(counters, "dispatch_lag") == {("load-0",): 0.0015}
    assert numbers(counters, "stall") == {("load-0",): 0.02}
    assert numbers(counters, "phase") == {("warm-up",): 0, ("sale",): 1}
    assert numbers(counters, "fault_live") == {("kill-process", "primary-kill", "primary-kill"): 1}
    states = numbers(counters, "drill_state")
    assert [key for key, value in states.items() if value] == [("primary-kill", "primary-kill", "injecting")]
    happened = [
        ("watchdog", FaultUndone(**struck)),
        ("drills", DrillRecovered(drill="primary-kill", rto_s=1.0)),
        ("load-0", LoadFinished(offered=9, sent=2, not_sent=0, unsent=7, arrivals=9, cancelled=0, late_s=0.0, cpu_s=1.0)),
        ("door", RunDrained()),
    ]
    for writer, facts in happened:
        counters.count_event(Event(0, writer, 1, facts))
    assert numbers(counters, "fault_live") == {("kill-process", "primary-kill", "primary-kill"): 0}
    assert [key for key, value in numbers(counters, "drill_state").items() if value] == [("primary-kill", "primary-kill", "recovered")]
    assert numbers(counters, "customers") == {("load-0",): 0}
    assert numbers(counters, "unsent")["generator",] == 7, "those that never became a sample too"
    assert sum(numbers(counters, "phase").values()) == 0


def test_no_label_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a name hold one, it is taken out like anywhere else."""
    monkeypatch.setenv("CANARY", "canary-123")
    counters = Counters(PLAN.model_copy(update={"run": "of-canary-123", "target": _TARGET.model_copy(update={"secrets": ["CANARY"]})}))
    assert {point.labels["run"] for point in family(counters, "phase").points} == {"of-[redacted]"}


def test_events_are_followed_line_by_line(tmp_path: Path) -> None:
    """Of all writers by time, each once; a line that is half written waits for its end."""
    run = Run(tmp_path)
    run.events_folder.mkdir()
    tail = EventTail(run.events_folder)
    assert tail.take() == []
    one, other = run.event_writer("one", 0), run.event_writer("other", 0)
    one.write(RunPhase(phase="b"), 20)
    other.write(RunPhase(phase="a"), 10)
    assert [event.facts.phase for event in of_kind(tail.take(), RunPhase)] == ["a", "b"]
    assert tail.take() == []
    one.write(RunPhase(phase="c"), 30)
    one.close()
    other.close()
    path = run.events_folder / "one.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b'"c"')])
    assert list(of_kind(tail.take(), RunPhase)) == []
    path.write_bytes(whole)
    assert [event.facts.phase for event in of_kind(tail.take(), RunPhase)] == ["c"]
