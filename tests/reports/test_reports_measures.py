"""The measures keep their laws, and say to the digit what a definition by hand says."""

import math
from pathlib import Path

import numpy as np
import pytest
from handmade import FAILURE, REFUSAL, SUCCESS, UNKNOWN, Story, healthy, rescued, ticks
from hypothesis import given, settings
from hypothesis import strategies as st

import reports
from reports.evidence import Evidence, read_evidence
from reports.finding import Finding, Kind
from reports.judge.check_runner import findings
from reports.measures.aggregation import Operations, fold_keys, fold_operations
from reports.measures.quantiles import Ranked, least_samples, nearest_rank
from reports.measures.recovery import Beats, rto
from scenarios.run.event_kinds import RunInterrupted
from scenarios.run.outcomes import Outcome, fold
from scenarios.run.records import ACK, FLAG_CENSORED, FLAG_TIMEOUT, SAMPLE

QUANTILES = (0.5, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0)
values = st.lists(st.integers(0, 10_000_000), min_size=1, max_size=300)


def ranked(latencies: list[int], censored: list[int] | None = None) -> Ranked:
    """Answered latencies, and lower bounds of unanswered ones."""
    both = np.array(latencies + (censored or []), np.int64)
    return Ranked(both, np.arange(len(both)) >= len(latencies))


@given(values, st.sampled_from(QUANTILES))
def test_a_percentile_is_a_value_that_was_measured_at_its_nearest_rank(latencies: list[int], quantile: float) -> None:
    """At least the share q is not greater, and fewer than q are smaller."""
    found = ranked(latencies).at(quantile)
    assert found is not None
    assert found.value_us in latencies
    share = round(quantile * 10_000)
    assert sum(value <= found.value_us for value in latencies) * 10_000 >= share * len(latencies)
    assert sum(value < found.value_us for value in latencies) * 10_000 < share * len(latencies)


@given(values, st.lists(st.integers(0, 10_000_000), max_size=50))
def test_percentiles_rise_and_losing_an_answer_never_lowers_one(latencies: list[int], given_up: list[int]) -> None:
    """p50 <= p90 <= … <= max; what is unanswered counts as worse than anything answered."""
    with_gaps = ranked(latencies, given_up)
    found = [with_gaps.at(quantile) for quantile in QUANTILES]
    flags = [one.censored for one in found if one]
    assert flags == sorted(flags)
    certain = [one.value_us for one in found if one and not one.censored]
    assert certain == sorted(certain)
    if given_up:
        assert found[-1] is not None
        assert found[-1].censored
        answered_instead = ranked(latencies + given_up)
        for one, quantile in zip(found, QUANTILES, strict=True):
            other = answered_instead.at(quantile)
            assert one is not None
            assert other is not None
            assert one.censored or one.value_us >= other.value_us


@given(st.integers(1, 5_000_000), st.sampled_from(QUANTILES))
def test_the_rank_is_the_ceiling_in_whole_numbers(count: int, quantile: float) -> None:
    """No floating point creeps into the rank."""
    parts = round(quantile * 10_000)
    assert nearest_rank(count, quantile) == max(1, -(-count * parts // 10_000))
    assert 1 <= nearest_rank(count, quantile) <= count


def test_the_known_percentiles_of_a_thousand() -> None:
    """1..1000: p50 500, p99 990, p99.9 999, max 1000."""
    numbers = ranked(list(range(1, 1001)))
    assert [numbers.at(q).value_us for q in (0.5, 0.99, 0.999, 1.0)] == [500, 990, 999, 1000]  # type: ignore[union-attr]  # there are values
    assert ranked([]).at(0.5) is None
    assert [least_samples(q) for q in (0.5, 0.95, 0.99, 0.999, 1.0)] == [20, 200, 1000, 10_000, 1]


def test_a_thousand_samples_of_1049_ms_fail_a_gate_of_1000_ms(tmp_path: Path) -> None:
    """Nothing is rounded on the way to the gate."""
    story = Story(tmp_path / "run")
    story.probes()
    story.scenario["gates"] = ["p99 of campaign.get <= 1000 ms", "p99 of campaign.get <= 1049 ms", "p99 of campaign.get < 1049 ms"]
    for at_s in ticks(0, 50, 20):
        story.ask("campaign.get", at_s, latency_ms=1049)
    evidence = read_evidence(story.write())
    assert reports.judge_run(story.folder).word == "FAIL"
    found = {finding.id: finding for finding in _gates(evidence)}
    assert [found[f"gate: {gate}"].status for gate in evidence.plan.scenario.gates] == ["FAIL", "PASS", "FAIL"]
    assert found["gate: p99 of campaign.get <= 1000 ms"].measured == 1049.0


def test_a_percentile_that_reaches_an_unanswered_operation_is_greater_than(tmp_path: Path) -> None:
    """2 % unanswered: p95 stands, p99 is a lower bound and fails even a limit far above it."""
    story = Story(tmp_path / "run")
    story.probes()
    story.scenario["gates"] = ["p95 of campaign.get <= 1 s", "p99 of campaign.get <= 60 s"]
    for number, at_s in enumerate(ticks(0, 50, 20)):
        if number % 50:
            story.ask("campaign.get", at_s)
        else:
            story.ask("campaign.get", at_s, UNKNOWN, 10_000, flags=FLAG_CENSORED)
    found = {finding.id: finding for finding in _gates(read_evidence(story.write()))}
    assert found["gate: p95 of campaign.get <= 1 s"].status == "PASS"
    late = found["gate: p99 of campaign.get <= 60 s"]
    assert (late.status, late.measured) == ("FAIL", 10_000)
    assert "> 10 s" in late.detail


def _gates(evidence: Evidence) -> list[Finding]:
    return [finding for finding in findings(evidence) if finding.kind is Kind.GATE]


def test_a_stall_of_two_seconds_gives_the_percentiles_of_its_schedule(tmp_path: Path) -> None:
    """200/s for 10 s with a 2 s stall: p90 1000, p95 1500, p99 1900, p99.9 1990 ms, as the arithmetic says."""
    story = Story(tmp_path / "run")
    for at_s in ticks(0, 10, 200):
        waits_s = 6 - at_s if 4 <= at_s < 6 else 0.0
        story.ask("campaign.get", at_s, latency_ms=max(1.0, waits_s * 1000))
    latencies = read_evidence(story.write()).traffic.latencies
    found = {q: latencies.at(q).ms for q in (0.9, 0.95, 0.99, 0.999)}  # type: ignore[union-attr]  # there are values
    assert found == {0.9: 1000, 0.95: 1500, 0.99: 1900, 0.999: 1990}


attempts = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from(Outcome), st.integers(0, 5_000), st.integers(0, 5_000)), min_size=1, max_size=40
)


def _samples(story: list[tuple[int, Outcome, int, int]]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    made = np.zeros(len(story), SAMPLE)
    for place, (operation, outcome, begun_ms, took_ms) in enumerate(story):
        flags = FLAG_TIMEOUT if outcome is Outcome.UNKNOWN else 0
        made[place] = (begun_ms * 1_000_000, operation, 0, 0, took_ms * 1000, 0, 0, 0, 0, 0, outcome, place % 3 + 1, flags, 2)
    return made


@given(attempts, st.randoms())
def test_attempts_fold_as_the_rule_says_in_any_order(story: list[tuple[int, Outcome, int, int]], random: "np.random.Generator") -> None:
    """Outcome, first intent and final answer of each operation, against the definition by hand."""
    shuffled = list(story)
    random.shuffle(shuffled)
    for folded in (fold_operations(_samples(story)), fold_operations(_samples(shuffled))):
        assert folded.operation.tolist() == sorted({operation for operation, *_ in story})
        for place, operation in enumerate(folded.operation.tolist()):
            mine = [one for one in story if one[0] == operation]
            assert folded.outcome[place] == fold(outcome for _, outcome, _, _ in mine)
            begun = min(begun for *_, begun, _ in mine)
            assert folded.intended_ns[place] == begun * 1_000_000
            assert folded.latency_us[place] == (max(begun_ms + took for *_, begun_ms, took in mine) - begun) * 1000
            assert folded.attempts[place] == len(mine)
            assert folded.censored[place] == (fold(outcome for _, outcome, _, _ in mine) is Outcome.UNKNOWN)


@given(attempts)
def test_keys_fold_as_operations_do(story: list[tuple[int, Outcome, int, int]]) -> None:
    """A success counts from its first answer; anything else ends with its last attempt."""
    acks = np.zeros(len(story), ACK)
    for place, (key, outcome, begun_ms, took_ms) in enumerate(story):
        acks[place]["key_hi"], acks[place]["key_lo"] = 1, key
        acks[place]["sent_ns"], acks[place]["done_ns"] = begun_ms * 1_000_000, (begun_ms + took_ms) * 1_000_000 + 1
        acks[place]["outcome"], acks[place]["mark"], acks[place]["attempt"] = outcome, 2, place + 1
    keys = fold_keys(acks)
    assert keys.key_lo.tolist() == sorted({key for key, *_ in story})
    for place, key in enumerate(keys.key_lo.tolist()):
        mine = [one for one in story if one[0] == key]
        wanted = fold(outcome for _, outcome, _, _ in mine)
        assert keys.outcome[place] == wanted
        ends = [begun + took for _, outcome, begun, took in mine if wanted is not Outcome.SUCCESS or outcome is Outcome.SUCCESS]
        moment = min(ends) if wanted is Outcome.SUCCESS else max(ends)
        assert keys.ended_ns[place] == moment * 1_000_000 + 1


def beats(story: list[tuple[int, bool, int]]) -> Beats:
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
    return Beats(operations, np.concatenate([[0], np.cumsum(good)]).astype(np.int64))


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
    found = rto(beats(story), 10_000 * 1_000_000, (10_000 + ends_ms) * 1_000_000, r0, window_s, 500)
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


def test_a_system_that_never_recovers_is_censored_and_fails(tmp_path: Path) -> None:
    """Greater than the last second that could be judged, not a number that looks like an answer."""
    story = rescued(tmp_path / "run", down_s=35)
    story.scenario["gates"] = ["rto of primary-kill <= 60 s"]
    found = read_evidence(story.write()).recoveries[0]
    assert (found.rto_s, found.rto_censored) == (25.0, True)
    assert reports.judge_run(story.folder).word == "FAIL"
    assert "> 25 s" in (story.folder / "verdict.json").read_text("utf-8")


def test_a_load_that_ends_before_the_deadline_proves_nothing(tmp_path: Path) -> None:
    """A run cut off in mid-recovery is INVALID, not FAIL."""
    story = rescued(tmp_path / "run", down_s=35)
    story.tell("door", 40, RunInterrupted(reason="stopped by the user"))
    assert reports.judge_run(story.write()).word == "INVALID"


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


def test_goodput_counts_correct_answers_in_time(tmp_path: Path) -> None:
    """100 fast, 50 too slow, 50 failed over 60 s: 100/60 per second and half of them good."""
    story = Story(tmp_path / "run")
    for number, at_s in enumerate(ticks(0, 50, 4)):
        match number % 4:
            case 0 | 1:
                story.ask("campaign.get", at_s)
            case 2:
                story.ask("campaign.get", at_s, latency_ms=801)
            case _:
                story.ask("campaign.get", at_s, FAILURE)
    traffic = read_evidence(story.write()).traffic
    assert int(traffic.good.sum()) == 100
    assert traffic.good_ratio == 0.5
    assert traffic.ratio(Outcome.FAILURE) == 0.25
    assert traffic.span_s(None) == 60


def test_transactions_are_successes_that_change_something(tmp_path: Path) -> None:
    """Reads and refusals are answers, no transactions."""
    story = Story(tmp_path / "run")
    story.ask("campaign.get", 1)
    story.ask("claim.submit", 1.2)
    story.ask("claim.submit", 1.4)
    story.ask("claim.submit", 1.6, REFUSAL)
    traffic = read_evidence(story.write()).traffic
    assert traffic.seconds(traffic.transactions)[:3].tolist() == [0, 2, 0]


def test_probes_that_misuse_a_key_are_no_traffic(tmp_path: Path) -> None:
    """An owed 422 is not a failed customer."""
    story = Story(tmp_path / "run")
    story.probes()
    traffic = read_evidence(story.write()).traffic
    assert len(traffic) == 1
    assert traffic.count(Outcome.FAILURE) == 0
    assert traffic.operations.latency_us.tolist() == [20_000]


def test_a_healthy_minute_is_the_same_read_twice(tmp_path: Path) -> None:
    """Judging again gives the same bytes."""
    folder = healthy(tmp_path / "run").write()
    reports.judge_run(folder)
    first = [(folder / name).read_bytes() for name in ("verdict.json", "findings.json")]
    reports.judge_run(folder)
    assert first == [(folder / name).read_bytes() for name in ("verdict.json", "findings.json")]
