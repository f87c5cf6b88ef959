"""Whether a difference between two groups may be chance."""

from math import exp, lgamma


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


def _log_choose(among: int, chosen: int) -> float:
    return lgamma(among + 1) - lgamma(chosen + 1) - lgamma(among - chosen + 1)
