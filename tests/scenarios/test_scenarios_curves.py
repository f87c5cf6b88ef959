"""The crowd that a curve draws is the curve's, and the seed's, and nobody else's."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.plan.arrival_curves import Curve, Floats, Piece, arrivals, draws, paced

rates = st.floats(0, 50)
half_lives = st.floats(0.5, 20) | st.floats(-20, -5)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Up to four pieces that follow each other, level, ramped, or with a burst that decays or grows."""
    pieces, start = [], draw(st.floats(0, 5))
    for _ in range(draw(st.integers(1, 4))):
        end = start + draw(st.floats(0.5, 20))
        low, high = draw(rates), draw(rates)
        burst = draw(st.sampled_from([0.0, 30.0]))
        pieces.append(Piece(start, end, low, (high - low) / (end - start), burst, draw(half_lives) if burst else math.inf))
        start = end
    return Curve(tuple(pieces))


@given(curves())
def test_the_integral_is_that_of_the_rate(curve: Curve) -> None:
    """Expected arrivals agree with a fine sum of the rate."""
    grid = np.linspace(curve.start_s, curve.end_s, 20_001)[:-1]
    step = (curve.end_s - curve.start_s) / 20_000
    summed = sum(curve.rate(float(at) + step / 2) for at in grid) * step
    assert curve.total == pytest.approx(summed, rel=2e-3, abs=0.05)


@given(curves(), st.integers(0, 2**63))
@settings(max_examples=50)
def test_arrivals_ascend_within_the_curve_and_repeat_with_their_seed(curve: Curve, seed: int) -> None:
    """Same seed, same arrivals; all in order, none outside."""
    first = arrivals(curve, seed)
    assert np.array_equal(first, arrivals(curve, seed))
    assert np.all(np.diff(first) >= 0)
    assert len(first) == 0 or (first[0] >= curve.start_s and first[-1] <= curve.end_s)


@given(curves(), st.floats(0.01, 0.99))
def test_when_inverts_expected(curve: Curve, share: float) -> None:
    """At the time by which n are expected, n are expected."""
    wanted = curve.total * share
    assert curve.expected(curve.when(wanted)) == pytest.approx(wanted, abs=1e-5)


CHI_SQUARE_99_9 = 99.61
"""What chi-square of sixty degrees of freedom exceeds once in a thousand times."""
KOLMOGOROV_99_9 = 1.95
"""The same for sqrt(n) times the greatest distance of Kolmogorov and Smirnov."""


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "curve",
    [
        Curve((Piece(0, 60, 50),)),
        Curve((Piece(0, 30, 0, 2), Piece(30, 60, 60, -1))),
        Curve((Piece(0, 20, 30), Piece(20, 60, 20, 0, 200, 8))),
        Curve((Piece(0, 60, 0, 0, 10, -20),)),
    ],
    ids=["level", "ramps", "spike", "growth"],
)
def test_the_number_drawn_each_second_follows_the_curve(curve: Curve, seed: int) -> None:
    """Chi-square over the seconds, and the moments themselves against the curve's integral; fixed seeds, so it holds or it does not."""
    times = arrivals(curve, seed)
    drawn = np.histogram(times, np.arange(61))[0]
    expected = np.array([curve.expected(second + 1) - curve.expected(second) for second in range(60)])
    assert float(((drawn - expected) ** 2 / expected).sum()) < CHI_SQUARE_99_9
    assert _distance(curve, times) * math.sqrt(len(times)) < KOLMOGOROV_99_9


@pytest.mark.parametrize("workers", [2, 3, 8])
def test_each_share_of_the_crowd_follows_the_curve_and_all_shares_are_the_crowd(workers: int) -> None:
    """Worker k of N takes every N-th: no share is ever more than one arrival ahead of another, and none has a time of its own."""
    curve = Curve((Piece(0, 20, 30), Piece(20, 60, 20, 0, 200, 8)))
    times = arrivals(curve, 3)
    shares = [times[worker::workers] for worker in range(workers)]
    assert np.array_equal(np.sort(np.concatenate(shares)), times)
    for share in shares:
        assert _distance(curve, share) * math.sqrt(len(share)) < KOLMOGOROV_99_9
    for until in np.linspace(0, 60, 241):
        counts = [int(np.searchsorted(share, until)) for share in shares]
        assert max(counts) - min(counts) <= 1


def _distance(curve: Curve, times: Floats) -> float:
    """Greatest distance between the share of arrivals and the share of expected arrivals, over all moments."""
    expected = np.array([curve.expected(float(at)) for at in times]) / curve.total
    steps = np.arange(len(times) + 1) / len(times)
    return float(max(np.abs(steps[1:] - expected).max(), np.abs(steps[:-1] - expected).max()))


def test_arrivals_are_poisson_with_the_curves_rate() -> None:
    """Counts per second have the curve's mean and, like Poisson's, a variance equal to it (over 400 seeds, within 5 sigma)."""
    curve = Curve((Piece(0, 5, 4, 2), Piece(5, 10, 14, 0, 40, 2)))
    edges = np.arange(0, 10.5)
    counts = np.array([np.histogram(arrivals(curve, seed), edges)[0] for seed in range(400)])
    expected = np.array([curve.expected(float(end)) - curve.expected(float(start)) for start, end in pairwise(edges)])
    assert np.all(np.abs(counts.mean(0) - expected) < 5 * np.sqrt(expected / 400))
    dispersion = counts.var(0, ddof=1) / expected
    assert np.all(np.abs(dispersion - 1) < 5 * math.sqrt(2 / 399))


@given(st.integers(0, 2**63), st.integers(0, 100), st.integers(1, 50), st.integers(1, 50))
def test_draws_do_not_depend_on_the_portions_they_are_asked_in(seed: int, stream: int, first: int, count: int) -> None:
    """Draw number n is draw number n."""
    whole = draws(seed, stream, 0, first + count)
    assert np.array_equal(whole[first:], draws(seed, stream, first, count))
    assert np.all((whole > 0) & (whole < 1))


def test_draws_of_different_streams_are_unlike() -> None:
    """Streams do not echo each other."""
    one, other = draws(7, 1, 0, 10_000), draws(7, 2, 0, 10_000)
    assert abs(float(np.corrcoef(one, other)[0, 1])) < 0.05
    assert abs(float(one.mean()) - 0.5) < 0.02


@given(st.floats(0.1, 200), st.floats(0, 10), st.floats(0.1, 20))
def test_a_pace_is_even_and_stays_inside(rate: float, start: float, lasts: float) -> None:
    """Evenly spaced from the start, none at or behind the end."""
    times = list(paced(rate, start, start + lasts))
    assert times[0] == start
    assert times[-1] < start + lasts
    assert len(times) == pytest.approx(rate * lasts, abs=1.001)
