"""Recovery is what its definition by hand says, and losses are counted to the fen."""

import math
from pathlib import Path

import numpy as np
import pytest
from handmade import Story, ticks
from handmade_plan import FAILURE, SUCCESS, UNKNOWN
from handmade_stories import rescued
from hypothesis import given, settings
from hypothesis import strategies as st

import reports
from reports.evidence import read_evidence
from reports.measures.aggregation import Operations
from reports.measures.recovery import PathPulse, rto


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
    return PathPulse(operations, np.concatenate([[0], np.cumsum(good)]).astype(np.int64))


def rto_by_hand(
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
def test_rto_is_what_its_definition_says(
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
    wanted = rto_by_hand(story, 10_000, 10_000 + ends_ms, r0, window_s, 500)
    found = rto(pulse(story), 10_000 * 1_000_000, (10_000 + ends_ms) * 1_000_000, r0, window_s, 500)
    assert found == wanted


def test_rto_is_that_of_the_worst_path(tmp_path: Path) -> None:
    """Reads come back at once, writes after three seconds: three."""
    story = Story(tmp_path / "run")
    story.beat(0, 25)
    for at_s in ticks(25, 60, 20):
        story.ask("account.balance", at_s, pulse=True)
        story.ask("transfer.submit", at_s, SUCCESS if at_s >= 28 else UNKNOWN, pulse=True)
    story.drill(25)
    found = read_evidence(story.write()).recoveries[0]
    assert {path.operation: path.rto_s for path in found.paths} == {"account.balance": 0.0, "transfer.submit": 3.0}
    assert (found.rto_s, found.rto_censored) == (3.0, False)


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
    assert found.rto_s == 8.0
    assert found.rto_first_s == pytest.approx(1.02)


def test_losses_are_counted_in_operations_seconds_and_fen(tmp_path: Path) -> None:
    """Two acknowledged transfers of 100 and 250 fen, the older 3 s before the fault, vanish; one acknowledged after it is apart."""
    story = rescued(tmp_path / "run")
    story.ask("transfer.submit", 21.98, effect=False, amount_fen=100)
    story.ask("transfer.submit", 24, effect=False, amount_fen=250)
    story.ask("transfer.submit", 25.5, effect=False, amount_fen=70)
    story.ask("transfer.submit", 25.5, UNKNOWN, effect=True)
    found = read_evidence(story.write()).recoveries[0]
    assert (found.rpo_operations, found.rpo_fen, found.lost_after) == (2, 350, 1)
    assert found.rpo_s == pytest.approx(3.0)
    assert (found.unknown_present, found.unknown_absent) == (1, 40)
    assert reports.judge_run(story.folder).word == "FAIL"


def test_what_the_target_cannot_tell_is_null_with_its_reason(tmp_path: Path) -> None:
    """No system events, no read-back: the split and the loss are unknown, and say why."""
    story = rescued(tmp_path / "run")
    story.events = [event for event in story.events if event[0] != "system"]
    story.absent.add("transfers")
    found = read_evidence(story.write()).recoveries[0]
    assert (found.detection_s, found.decision_s, found.failover_s, found.rpo_operations, found.duplicates) == (None,) * 5
    assert {"detection_s", "decision_s", "failover_s", "rpo_operations", "rpo_s", "rpo_fen"} <= set(found.reasons)
