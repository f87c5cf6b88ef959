"""Recovery is what its definition by hand says, and losses are counted to the fen."""

import math
import re
from pathlib import Path

import numpy as np
import orjson
import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, SUCCESS, UNKNOWN
from handmade_stories import rendered, rescued
from hypothesis import given, settings
from hypothesis import strategies as st

import reports
from reports.evidence import read_evidence
from reports.measures.aggregation import Operations
from reports.measures.recovery import PathPulse, answered_s
from scenarios.run.recovery_window import AskedPath, felt_by_latecomers_s
from scenarios.run.system_event_kinds import SystemLag


def pulse(story: list[tuple[int, bool, int]]) -> PathPulse:
    """A pulse: intended (in ms), good, latency (in ms)."""
    ordered = sorted(story)
    intended = np.array([at for at, _, _ in ordered], np.int64) * 1_000_000
    good = np.array([ok for _, ok, _ in ordered], bool)
    count = len(ordered)
    operations = Operations(
        np.arange(count, dtype=np.uint64),
        np.zeros(count, np.int64),
        intended,
        np.array([took for *_, took in ordered], np.int64) * 1000,
        np.zeros(count, np.int64),
        np.where(good, SUCCESS, FAILURE).astype(np.uint8),
        np.ones(count, np.int64),
        np.zeros(count, bool),
        np.ones(count, bool),
        np.zeros(count, bool),
    )
    return PathPulse(operations, good, AskedPath.of(intended, operations.latency_us, ~operations.censored, good))


def felt_by_hand(
    story: list[tuple[int, bool, int]], zero_ms: int, ends_ms: int, r0: tuple[int, int], window_s: int, limit_ms: int
) -> tuple[float, bool]:
    """The definition, word by word, in milliseconds."""
    last = 0
    if ends_ms - zero_ms < window_s * 1000:
        return 0.0, True
    for step in range((ends_ms - zero_ms - window_s * 1000) // 100 + 1):
        last = step
        t = zero_ms + step * 100
        holds = True
        for begins in range(t, t + (window_s - 1) * 1000 + 1, 100):
            here = [ok for at, ok, _ in story if begins <= at < begins + 1000]
            if not here or sum(here) * r0[0] * 100 < 95 * r0[1] * len(here):
                holds = False
                break
        took = sorted(took for at, _, took in story if t <= at < t + window_s * 1000)
        if holds and took[math.ceil(len(took) * 99 / 100) - 1] <= limit_ms:
            return step / 10, False
    return last / 10, True


@settings(max_examples=60, deadline=None)
@given(
    down_ms=st.integers(0, 6000),
    relapse_ms=st.integers(0, 12_000),
    relapse_lasts_ms=st.integers(0, 700),
    slow_share=st.integers(0, 4),
    ends_ms=st.integers(2000, 15_000),
    window_s=st.integers(2, 5),
    lost_before=st.integers(0, 5),
)
def test_what_latecomers_feel_is_what_its_definition_says(
    *, down_ms: int, relapse_ms: int, relapse_lasts_ms: int, slow_share: int, ends_ms: int, window_s: int, lost_before: int
) -> None:
    """The vectorised search and the definition by hand agree on outages, relapses and slow recoveries."""
    story = []
    for at in range(0, 10_000 + ends_ms, 50):
        since = at - 10_000
        down = 0 <= since < down_ms or relapse_ms <= since < relapse_ms + relapse_lasts_ms or (0 > since >= -lost_before * 50)
        story.append((at, not down, 900 if slow_share and at // 50 % (30 * slow_share) == 0 else 20))
    before = [ok for at, ok, _ in story if at < 10_000]
    r0 = (len(before), sum(before))
    wanted = felt_by_hand(story, 10_000, 10_000 + ends_ms, r0, window_s, 500)
    found = felt_by_latecomers_s(pulse(story).asked, 10_000 * 1_000_000, (10_000 + ends_ms) * 1_000_000, r0, window_s, 500)
    assert found == wanted


MODES = ("waits", "refuses", "drops")


def outage(mode: str, begins_ms: int, lasts_ms: int, slo_ms: int) -> list[tuple[int, bool, int]]:
    """A server at 100/s from -10 s to 30 s that answers nothing for so long and then at once: who came meanwhile waits, or is sent away."""
    story = []
    for at in range(-10_000, 30_000, 10):
        left = begins_ms + lasts_ms - at
        down = 0 < left <= lasts_ms
        took = {"waits": left, "refuses": 1, "drops": 1000}[mode] if down else 1
        story.append((at, took <= slo_ms and (not down or mode == "waits"), took))
    return story


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(MODES), st.integers(0, 60), st.sampled_from([1000, 5000]), st.integers(200, 2000), st.integers(0, 20))
def test_a_known_outage_is_measured_to_fifty_milliseconds(mode: str, begins_ms: int, lasts_ms: int, slo_ms: int, late_ms: int) -> None:
    """From the injection call to the first answer that anybody got, wherever those waited who came meanwhile."""
    story = outage(mode, begins_ms, lasts_ms, slo_ms)
    told, zero_ns = pulse(story), 0
    told = PathPulse(told.operations, told.correct if mode != "waits" else np.ones(len(story), bool), told.asked)
    felt_s, censored = felt_by_latecomers_s(told.asked, zero_ns, 30_000_000_000, (1000, 1000), 10, 6000)
    assert (felt_s, censored) == felt_by_hand(story, 0, 30_000, (1000, 1000), 10, 6000)
    rto_s = answered_s(told, zero_ns, round(felt_s * 1e9), (begins_ms + late_ms) * 1_000_000)
    assert rto_s == pytest.approx((begins_ms + lasts_ms) / 1000, abs=0.0501)
    assert rto_s >= felt_s
    if mode == "waits":  # who comes when no more than the limit of time is left feels nothing
        assert felt_s == pytest.approx(max(0, begins_ms + lasts_ms - slo_ms) / 1000, abs=0.101)


def test_an_answer_given_before_the_fault_took_hold_ends_no_outage(tmp_path: Path) -> None:
    """Everybody waits for a second and is still in time, so late-comers feel nothing; yet nobody was answered for a second."""
    story = Story(tmp_path / "run")
    story.scenario["slo"] = {"read_ms": 1500, "effect_ms": 1500}
    story.beat(0, 25.1, latency_ms=1)
    for at_s in ticks(25.1, 26.1, 20):
        story.ask("account.balance", at_s, latency_ms=(26.1 - at_s) * 1000, pulse=True)
        story.ask("transfer.submit", at_s, latency_ms=(26.1 - at_s) * 1000, pulse=True)
    story.beat(26.1, 60, latency_ms=1)
    story.drill(25, effective_s=25.15)
    found = read_evidence(story.write()).recoveries[0]
    assert (found.felt_by_latecomers_s, found.rto_s) == (0.0, pytest.approx(1.1))
    assert found.rto_first_s is not None
    assert found.rto_s is not None
    assert found.rto_s >= found.rto_first_s


def test_a_fault_that_nobody_feels_is_recovered_with_the_next_answer(tmp_path: Path) -> None:
    """However long its probe took to confirm it."""
    story = Story(tmp_path / "run")
    story.beat(0, 60)
    story.drill(25, effective_s=27.5)
    found = read_evidence(story.write()).recoveries[0]
    assert (found.felt_by_latecomers_s, found.rto_s, found.rto_first_s) == (0.0, 0.02, 0.02)


def test_rto_is_that_of_the_worst_path(tmp_path: Path) -> None:
    """Reads come back at once, writes after three seconds: three."""
    story = Story(tmp_path / "run")
    story.beat(0, 25)
    for at_s in ticks(25, 60, 20):
        story.ask("account.balance", at_s, pulse=True)
        story.ask("transfer.submit", at_s, SUCCESS if at_s >= 28 else UNKNOWN, pulse=True)
    story.drill(25)
    found = read_evidence(story.write()).recoveries[0]
    assert {path.operation: path.rto_s for path in found.paths} == {"account.balance": 0.02, "transfer.submit": 3.02}
    assert (found.rto_s, found.felt_by_latecomers_s, found.rto_censored) == (3.02, 3.0, False)


def test_the_first_success_is_no_recovery(tmp_path: Path) -> None:
    """One success after a second, then seven more seconds of trouble: RTO 8 s, first success 1 s."""
    story = Story(tmp_path / "run")
    story.beat(0, 25)
    story.beat(25, 26, UNKNOWN, 500)
    story.beat(26, 26.05)
    story.beat(26.05, 33, UNKNOWN, 500)
    story.beat(33, 60)
    story.drill(25)
    found = read_evidence(story.write()).recoveries[0]
    assert (found.rto_s, found.felt_by_latecomers_s) == (8.02, 8.0)
    assert found.rto_first_s == pytest.approx(1.02)


def test_losses_are_counted_in_operations_seconds_and_fen(tmp_path: Path) -> None:
    """Three acknowledged transfers of 100, 250 and 70 fen vanish, the oldest 3 s before the fault; the last was acknowledged after it."""
    story = rescued(tmp_path / "run")
    story.ask("transfer.submit", 21.98, effect=False, amount_fen=100)
    story.ask("transfer.submit", 24, effect=False, amount_fen=250)
    story.ask("transfer.submit", 25.5, effect=False, amount_fen=70)
    story.ask("transfer.submit", 25.5, UNKNOWN, effect=True)
    found = read_evidence(story.write()).recoveries[0].loss
    assert (found.rpo_operations, found.lost_before, found.lost_after, found.rpo_fen) == (3, 2, 1, 420)
    assert found.rpo_s == pytest.approx(3.52)
    assert (found.unknown_present, found.unknown_absent) == (1, 40)
    assert reports.judge_run(story.folder).word == "FAIL"


def test_what_the_target_cannot_tell_is_null_with_its_reason(tmp_path: Path) -> None:
    """No system events, no read-back: the split and the loss are unknown, and say why."""
    story = rescued(tmp_path / "run")
    story.events = [event for event in story.events if event[0] != "system"]
    story.absent.add("transfers")
    found = read_evidence(story.write()).recoveries[0]
    assert (found.detection_s, found.decision_s, found.failover_s, found.loss.rpo_operations, found.loss.duplicates) == (None,) * 5
    assert {"detection_s", "decision_s", "failover_s", "rpo_operations", "lost_before", "lost_after", "rpo_s", "rpo_fen"} <= set(
        found.reasons
    )


def test_what_only_a_second_writer_acknowledged_is_lost_all_the_same(tmp_path: Path) -> None:
    """All 28 were acknowledged after the fault: the RPO is 28, its gate fails, and page, summary and verdict say so."""
    story = rescued(tmp_path / "run")
    story.scenario["gates"] = ["rpo of primary-kill == 0", "rpo seconds of primary-kill <= 1 s"]
    for at_s in ticks(25.5, 27.5, 14):
        story.ask("transfer.submit", at_s, effect=False, amount_fen=100)
    folder = rendered(story)
    verdict = orjson.loads((folder / "verdict.json").read_bytes())
    told = verdict["recovery"][0]
    assert (told["rpo_operations"], told["lost_before_fault"], told["lost_after_fault"], told["rpo_fen"]) == (28, 0, 28, 2800)
    assert told["rpo_s"] == pytest.approx(27 / 14 + 0.52, abs=0.001)
    found = {finding["id"]: finding for finding in verdict["findings"]}
    assert [found[f"gate: {gate}"]["status"] for gate in story.scenario["gates"]] == ["FAIL", "FAIL"]  # type: ignore[attr-defined]  # a list
    assert "28 operations, 0 acknowledged before the fault and 28 after it" in found["gate: rpo of primary-kill == 0"]["detail"]
    assert "28 operations lost (0 acknowledged before the fault, 28 after it), ¥28.00" in (folder / "summary.md").read_text("utf-8")
    assert re.search(
        r"28</p><p class=\"below\">operations lost, ¥28.00; 28 acknowledged after the fault", (folder / "report.html").read_text("utf-8")
    )


def test_a_loss_between_two_drills_stands_with_both(tmp_path: Path) -> None:
    """Nobody knows whose it is."""
    story = rescued(tmp_path / "run", strikes_s=20)
    story.drill(34, drill="primary-freeze")
    story.ask("transfer.submit", 30, effect=False)
    losses = [recovery.loss for recovery in read_evidence(story.write()).recoveries]
    assert [(loss.rpo_operations, loss.lost_before, loss.lost_after) for loss in losses] == [(1, 0, 1), (1, 1, 0)]


@pytest.mark.parametrize(
    ("told", "claimed", "reason"),
    [
        ((), None, "the target tells of no lag of its standby before the fault"),
        (((5, 3.2), (24, 0.7), (26, None)), 0.7, None),
        (((5, 3.2), (24, None), (26, 0.7)), None, "no standby followed, by the target's own word"),
    ],
)
def test_what_the_system_claimed_of_its_lag_stands_beside_what_was_lost(
    tmp_path: Path, told: tuple[tuple[float, float | None], ...], claimed: float | None, reason: str | None
) -> None:
    """Its last word before the fault, whatever it says afterwards."""
    story = rescued(tmp_path / "run")
    for at_s, lag_ms in told:
        story.tell("system", at_s, SystemLag(lag_ms=lag_ms))
    reports.judge_run(story.write())
    (recovery,) = orjson.loads((story.folder / "verdict.json").read_bytes())["recovery"]
    assert (recovery["lag_claimed_ms"], recovery["reasons"].get("lag_claimed_ms")) == (claimed, reason)
