"""The crowd that a curve draws is the curve's, and the seed's, and nobody else's."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.curves import Curve, Piece, arrivals, draws, paced
from scenarios.scenario import Phase, Scenario, Spike

rates = st.floats(0, 50)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    """Up to four pieces that follow each other, level, ramped or with a burst."""
    pieces, start = [], draw(st.floats(0, 5))
    for _ in range(draw(st.integers(1, 4))):
        end = start + draw(st.floats(0.5, 20))
        low, high = draw(rates), draw(rates)
        burst = draw(st.sampled_from([0.0, 30.0]))
        pieces.append(Piece(start, end, low, (high - low) / (end - start), burst, draw(st.floats(0.5, 20)) if burst else math.inf))
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


def test_a_spike_reaches_nine_tenths_at_its_rise_and_halves_by_its_half_life() -> None:
    """What the scenario says of the spike is what the curve does."""
    phase = Phase(name="peak", lasts=60, arrivals=10, spike=Spike(to=110, rise=3, half_life=10))
    curve = Scenario(name="x", describe="x", phases=[phase], mix={"a": 1}).curve
    assert curve.rate(3) == pytest.approx(10 + 0.9 * 100)
    top = 3 / 0.9
    assert curve.rate(top) == pytest.approx(110)
    assert curve.rate(top + 10) == pytest.approx(60)
    assert curve.rate(top + 20) == pytest.approx(35)
