"""Fisher's exact test, against counting all ways."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.measures.chance import by_chance

small = st.integers(0, 12)


@given(bad=small, good=small, bad_others=small, good_others=small)
def test_the_probability_is_that_of_all_ways(bad: int, good: int, bad_others: int, good_others: int) -> None:
    """Of all groups of that size, the share with at least as many bad ones."""
    count, others, all_bad = bad + good, bad_others + good_others, bad + bad_others
    ways = sum(comb(all_bad, found) * comb(count + others - all_bad, count - found) for found in range(bad, count + 1))
    assert by_chance(bad, count, bad_others, others) == pytest.approx(float(Fraction(ways, comb(count + others, count))), rel=1e-9)


def test_nothing_bad_is_always_chance() -> None:
    """However many there are."""
    assert by_chance(0, 5000, 0, 400_000) == pytest.approx(1)
    assert by_chance(0, 0, 0, 0) == 1
