"""Percentiles are values that were measured, never rounded, and never better for an answer that did not come."""

from pathlib import Path

import numpy as np
from handmade import Story, ticks
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import read_evidence
from reports.measures.quantiles import Ranked, least_samples, nearest_rank

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


def test_a_stall_of_two_seconds_gives_the_percentiles_of_its_schedule(tmp_path: Path) -> None:
    """200/s for 10 s with a 2 s stall: p90 1000, p95 1500, p99 1900, p99.9 1990 ms, as the arithmetic says."""
    story = Story(tmp_path / "run")
    for at_s in ticks(0, 10, 200):
        waits_s = 6 - at_s if 4 <= at_s < 6 else 0.0
        story.ask("campaign.get", at_s, latency_ms=max(1.0, waits_s * 1000))
    latencies = read_evidence(story.write()).traffic.latencies
    found = {q: latencies.at(q).ms for q in (0.9, 0.95, 0.99, 0.999)}  # type: ignore[union-attr]  # there are values
    assert found == {0.9: 1000, 0.95: 1500, 0.99: 1900, 0.999: 1990}
