"""Draws are counted, so they are the same for everybody."""

import math
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as some

from locustfiles.crowd.seeded_random import RandomStream
from scenarios.plan.arrival_curves import draws

SEEDS = some.integers(0, 2**63 - 1)


@given(SEEDS, some.integers(0, 2**50), some.integers(1, 20))
def test_one_by_one_they_are_those_of_the_curves(seed: int, stream: int, count: int) -> None:
    """The scalar twin draws exactly what `scenarios.plan.arrival_curves.draws` does."""
    chance = RandomStream(seed, stream)
    assert [chance.uniform() for _ in range(count)] == draws(seed, stream, 0, count).tolist()


@given(SEEDS, some.integers(1, 1000))
def test_below_stays_below(seed: int, limit: int) -> None:
    """A whole number in [0, limit)."""
    assert 0 <= RandomStream(seed, 7).below(limit) < limit


@pytest.mark.parametrize(("wanted_median", "p95"), [(2.0, 6.0), (1.2, 4.0), (5.0, 15.0)])
def test_log_normal_has_its_median_and_its_p95(wanted_median: float, p95: float) -> None:
    """Over 20,000 draws, within some percent."""
    chance = RandomStream(1, 2)
    drawn = sorted(chance.log_normal(wanted_median, p95) for _ in range(20_000))
    assert median(drawn) == pytest.approx(wanted_median, rel=0.05)
    assert drawn[19_000] == pytest.approx(p95, rel=0.07)


def test_geometric_has_its_mean() -> None:
    """Over 20,000 draws, and never less than one."""
    chance = RandomStream(3, 4)
    drawn = [chance.geometric(3.3) for _ in range(20_000)]
    assert min(drawn) == 1
    assert mean(drawn) == pytest.approx(3.3, rel=0.04)
    assert math.isclose(mean(value == 1 for value in drawn), 1 / 3.3, rel_tol=0.06)
