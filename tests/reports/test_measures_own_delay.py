"""What the load generator itself was late by decides no limit: neither for the system nor against it."""

from pathlib import Path

import numpy as np
import pytest
from handmade import Story, ticks
from handmade_plan import SUCCESS, UNKNOWN
from handmade_stories import said
from hypothesis import given
from hypothesis import strategies as st

import reports
from reports.evidence import read_evidence
from reports.measures.own_delay import OwnDelay
from scenarios.run.fault_event_kinds import FaultUndone
from scenarios.run.records import FLAG_NOT_SENT, FLAG_UNSENT, SAMPLE, Records

PULSE = ("account.balance", "transfer.submit")


def samples(late: list[tuple[int, int]], flags: int = 0) -> Records:
    """An attempt each, ready at a millisecond and sent so many later; its wait for a connection is none of ours."""
    found = np.zeros(len(late), SAMPLE)
    found["intended_ns"] = [ready_ms * 1_000_000 - 7_000_000 for ready_ms, _ in late]
    found["ready_us"] = 7000
    found["pool_us"] = 500_000
    found["dispatch_us"] = [lag_ms * 1000 + 500_000 for _, lag_ms in late]
    found["flags"] = flags
    return found


spans = st.lists(st.tuples(st.integers(-50, 200), st.integers(0, 60)), max_size=12)


@given(spans, st.integers(-80, 200), st.integers(0, 200))
def test_late_is_every_millisecond_in_which_anything_waited_for_the_generator(
    late: list[tuple[int, int]], from_ms: int, lasts_ms: int
) -> None:
    """However waits overlap they are one, and where they touch; the longest of them counts, as far as it is asked for."""
    waited = {ms for ready_ms, lag_ms in late for ms in range(ready_ms, ready_ms + lag_ms)} & set(range(from_ms, from_ms + lasts_ms))
    longest = run = 0
    for ms in range(from_ms, from_ms + lasts_ms):
        run = run + 1 if ms in waited else 0
        longest = max(longest, run)
    found_s = OwnDelay.of(samples(late)).longest_s(from_ms / 1000, (from_ms + lasts_ms) / 1000)
    assert found_s == pytest.approx(longest / 1000)


@pytest.mark.parametrize("flags", [FLAG_UNSENT, FLAG_NOT_SENT])
def test_what_was_never_sent_tells_of_no_wait(flags: int) -> None:
    """The target may have kept it from being sent; what the generator kept is counted as unsent."""
    assert OwnDelay.of(samples([(0, 300)], flags)).longest_s(-1, 1) == 0


def held_up(story: Story, from_s: float, to_s: float, *, down: bool) -> None:
    """The generator does nothing from one moment to the other; then it sends what was due, and is answered at once, or not at all."""
    for at_s in ticks(from_s, to_s, 20):
        lag_ms = (to_s - at_s) * 1000
        for name in PULSE:
            story.ask(name, at_s, UNKNOWN if down else SUCCESS, 1500.0 if down else lag_ms + 20, lag_ms=lag_ms, pulse=True)


def story_of(folder: Path, limit: str, held_from_s: float, held_s: float, down_to_s: float = 25.0, **drill: object) -> Story:
    """A fault at 25 s, an outage until some moment, and a generator that is held up from some other one for so long."""
    story = Story(folder)
    story.scenario |= {"slo": {"read_ms": 200, "effect_ms": 250}, "gates": [limit]}
    story.probes()
    story.crowd(0, 60)
    for from_s, to_s in ((0.0, held_from_s), (held_from_s + held_s, 60.0)):
        story.beat(from_s, min(to_s, 25))
        story.beat(max(from_s, 25.0), min(to_s, down_to_s), UNKNOWN, 1500.0)
        story.beat(max(from_s, down_to_s), to_s)
    held_up(story, held_from_s, held_from_s + held_s, down=25 <= held_from_s < down_to_s)
    story.drill(25, **drill)
    return story


@pytest.mark.parametrize(
    ("limit_s", "status"),
    [
        pytest.param(4.9, "FAIL", id="over by more than the delay"),
        pytest.param(5.0, "INVALID", id="over by less"),
        pytest.param(5.2, "PASS", id="under, the delay included"),
    ],
)
def test_a_limit_that_the_generators_own_delay_alone_breaks_is_not_broken(tmp_path: Path, limit_s: float, status: str) -> None:
    """The system is back after 4.92 s, in the middle of a quarter of a second in which the generator does nothing: 5.17 s are measured."""
    gate = f"rto of primary-kill <= {limit_s} s"
    story = story_of(tmp_path / "run", gate, 29.9, 0.25, down_to_s=29.9, deadline=limit_s)
    found = said(story)
    for name in (f"gate: {gate}", "recovery of primary-kill"):
        assert (found[name].status, found[name].measured) == (status, pytest.approx(5.17)), found[name].detail
        assert found[name].detail.endswith(", but 4.92 s without the load generator's own delay") == (status == "INVALID")
    assert reports.judge_run(story.folder).word == status


def test_a_delay_long_after_a_fault_that_nobody_felt_makes_no_outage(tmp_path: Path) -> None:
    """Eight seconds after the fault the pulse is late by the generator's own doing: measured 8.3 s, and it may have been none."""
    gate = "rto of primary-kill <= 5 s"
    found = said(story_of(tmp_path / "run", gate, 33.0, 0.3))[f"gate: {gate}"]
    assert (found.status, found.measured) == ("INVALID", pytest.approx(8.32, abs=0.2)), found.detail
    assert "but 0.02 s without the load generator's own delay" in found.detail


@pytest.mark.parametrize("held_from_s", [20.0, 27.0, 35.0], ids=["before the fault", "in mid-outage", "long after"])
def test_a_delay_that_is_not_in_a_figure_excuses_nothing(tmp_path: Path, held_from_s: float) -> None:
    """Nobody was answered for six seconds, whatever the generator did at another time."""
    gate = "rto of primary-kill <= 5 s"
    assert said(story_of(tmp_path / "run", gate, held_from_s, 0.15, down_to_s=31.0))[f"gate: {gate}"].status == "FAIL"


def test_a_limit_from_below_is_not_kept_by_the_generators_own_delay(tmp_path: Path) -> None:
    """Whoever wants an outage to last so long is not served by a generator that stood still."""
    gate = "rto of primary-kill >= 5 s"
    assert said(story_of(tmp_path / "run", gate, 29.9, 0.25, down_to_s=29.9))[f"gate: {gate}"].status == "INVALID"


@pytest.mark.parametrize(("lag_ms", "status"), [(900.0, "INVALID"), (0.1, "FAIL")], ids=["the generator's", "the service's"])
def test_customers_whom_the_generator_alone_kept_waiting_are_no_lost_goodput(tmp_path: Path, lag_ms: float, status: str) -> None:
    """All answers of the three seconds after the fault come after 0.92 s: by the generator's doing, or by the service's."""
    gate = "least goodput of primary-kill >= 70 %"
    story = Story(tmp_path / "run")
    story.scenario["gates"] = [gate]
    story.beat(0, 60)
    story.crowd(0, 25)
    story.crowd(28, 60)
    for at_s in ticks(25, 28, 10):
        story.ask("campaign.get", at_s, latency_ms=920, lag_ms=lag_ms)
        story.ask("claim.submit", at_s + 0.01)
    story.drill(25)
    story.events = [(writer, 28.0 if isinstance(facts, FaultUndone) else at_s, facts) for writer, at_s, facts in story.events]
    found = said(story)[f"gate: {gate}"]
    assert found.status == status, found.detail


def test_the_generators_delay_is_taken_from_what_waited_for_it_alone(tmp_path: Path) -> None:
    """Of who was meant in it, and of who was answered in it or right behind it; not of who was answered before, or long after."""
    story = Story(tmp_path / "run")
    for at_s, latency_ms, lag_ms in ((9.9, 450, 0), (9.9, 2000, 0), (10.0, 50, 0), (10.1, 320, 300), (10.3, 120, 0)):
        story.ask("campaign.get", at_s, latency_ms=latency_ms, lag_ms=lag_ms)
    evidence = read_evidence(story.write())
    without = evidence.at_least(evidence.traffic, 0.0)
    assert without.operations.latency_us.tolist() == [200_000, 2_000_000, 50_000, 20_000, 20_000]
    without = evidence.at_least(evidence.traffic, 10.35)
    assert without.operations.latency_us.tolist() == [450_000, 2_000_000, 50_000, 270_000, 70_000]
