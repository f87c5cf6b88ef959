"""Whether a difference may be chance: of two groups from each other, or of a count from its odds."""

from collections.abc import Callable
from math import exp, inf, lgamma, log, log1p

import numpy as np

from reports.measures.arrays import I64, Floats

_FEWEST_BURSTS = 8


def by_chance(bad: int, count: int, bad_others: int, others: int) -> float:
    """Probability that at least `bad` of a group of `count` are bad if the group is like the others: Fisher's exact test, one-sided."""
    whole, all_bad = count + others, bad + bad_others
    total = _log_choose(whole, count)
    ways = (
        _log_choose(all_bad, found) + _log_choose(whole - all_bad, count - found) - total
        for found in range(bad, min(count, all_bad) + 1)
        if count - found <= whole - all_bad
    )
    return min(1.0, sum(map(exp, ways)))


def by_bursts(values: Floats, burst: I64) -> float:
    """Variance of the mean of values that come in bursts, each with a cause of its own: a second that turns all away says one thing.

    The sandwich estimator over clusters, with the usual factor C / (C - 1) for few of them (Liang and Zeger, Biometrika 73 (1986), 13-22).
    Infinite below eight bursts, of which nothing can be told.
    """
    _, member = np.unique(burst, return_inverse=True)
    sums = np.bincount(member, values - values.mean()) if len(values) else np.zeros(0)
    if len(sums) < _FEWEST_BURSTS:
        return inf
    return float((sums**2).sum() / len(values) ** 2 * len(sums) / (len(sums) - 1))


def tails(found: int, count: int, odds: float) -> tuple[float, float]:
    """Probability of at most, and of at least, so many among a count of independent trials with these odds: the exact binomial tails."""
    if odds <= 0 or odds >= 1:
        sure = 0 if odds <= 0 else count
        return float(found >= sure), float(found <= sure)
    span = _span(found, count, odds)
    ways = [exp(_log_choose(count, one) + one * log(odds) + (count - one) * log1p(-odds)) for one in span]
    here = found - span.start
    return min(1.0, sum(ways[: here + 1])), min(1.0, sum(ways[here:]))


def _span(found: int, count: int, odds: float) -> range:
    """Counts that have any probability worth adding: within 12 standard deviations of the mean, and the one that was found."""
    mean, far = count * odds, 12 * (count * odds * (1 - odds)) ** 0.5 + 12
    return range(max(0, min(found, int(mean - far))), min(count, max(found, int(mean + far))) + 1)


def interval(found: int, count: int, confidence: float) -> tuple[float, float]:
    """Between which odds a count may lie, exactly: Clopper and Pearson, Biometrika 26 (1934), 404-413."""
    half = (1 - confidence) / 2
    low = 0.0 if found == 0 else _odds_where(lambda odds: tails(found, count, odds)[1] < half)
    high = 1.0 if found == count else _odds_where(lambda odds: tails(found, count, odds)[0] >= half)
    return low, high


def _odds_where(below: Callable[[float], bool]) -> float:
    """The odds up to which something holds, by halving."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return (low + high) / 2


def _log_choose(among: int, chosen: int) -> float:
    return lgamma(among + 1) - lgamma(chosen + 1) - lgamma(among - chosen + 1)
