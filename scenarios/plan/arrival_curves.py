"""Arrivals: the rate curve of a scenario as a pure function of time, its integral, and the crowd that it draws.

A curve is a list of pieces, each a rate over a stretch of time with a known integral. Arrivals are a Poisson process of that
rate, by inversion: unit-rate exponential gaps are summed, and the n-th sum is mapped through the inverse of the integral. Each gap is
a counter-based draw from (seed, i), so arrival i is the same whoever draws it, and worker k of N takes those with i mod N = k.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ARRIVALS = 1
"""Stream number of the draws that make arrivals; other streams are for customers and their choices."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A rate over [start_s, end_s): `floor + slope*(t-start) + burst*2^-((t-start)/half_life)` per second.

    A negative half-life makes the burst grow: it doubles in that time.
    """

    start_s: float
    end_s: float
    floor_per_s: float
    slope_per_s2: float = 0.0
    burst_per_s: float = 0.0
    half_life_s: float = math.inf

    def rate(self, at_s: float) -> float:
        """Arrivals per second at a time inside the piece."""
        since = at_s - self.start_s
        decay: float = 2.0 ** (-since / self.half_life_s)
        return self.floor_per_s + self.slope_per_s2 * since + self.burst_per_s * decay

    def expected(self, until_s: float) -> float:
        """Expected arrivals from the piece's start until a time inside it: the integral of the rate."""
        since = until_s - self.start_s
        whole = self.floor_per_s * since + self.slope_per_s2 * since * since / 2
        if not self.burst_per_s:
            return whole
        if math.isinf(self.half_life_s):
            return whole + self.burst_per_s * since
        scale = self.half_life_s / math.log(2)
        decayed: float = 1 - 2.0 ** (-since / self.half_life_s)
        return whole + self.burst_per_s * scale * decayed


@dataclass(frozen=True, slots=True)
class Curve:
    """Pieces that follow each other without a gap."""

    pieces: tuple[Piece, ...]

    @property
    def start_s(self) -> float:
        """Where it begins."""
        return self.pieces[0].start_s

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.pieces[-1].end_s

    def rate(self, at_s: float) -> float:
        """Arrivals per second at a time; 0 outside the curve."""
        return next((piece.rate(at_s) for piece in self.pieces if piece.start_s <= at_s < piece.end_s), 0.0)

    def expected(self, until_s: float) -> float:
        """Expected arrivals from the start until a time."""
        return sum(piece.expected(min(max(until_s, piece.start_s), piece.end_s)) for piece in self.pieces)

    @property
    def total(self) -> float:
        """Expected arrivals in all."""
        return self.expected(self.end_s)

    def when(self, expected: float) -> float:
        """The time by which so many arrivals are expected: the inverse of `expected`, to a nanosecond."""
        for piece in self.pieces:
            inside = piece.expected(piece.end_s)
            if expected <= inside:
                return _solve(piece, expected)
            expected -= inside
        return self.end_s


def _solve(piece: Piece, expected: float) -> float:
    low, high = piece.start_s, piece.end_s
    while high - low > 1e-9:  # noqa: PLR2004 - a nanosecond
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if piece.expected(middle) < expected:
            low = middle
        else:
            high = middle
    return high


def draws(seed: int, stream: int, first: int, count: int) -> Floats:
    """Uniform draws number first..first+count-1 of a stream, in (0, 1): the same whoever asks, in whatever portions.

    Each is the splitmix64 finaliser (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) of its counter.
    """
    with np.errstate(over="ignore"):
        base = _mixed(np.asarray([seed & 0xFFFFFFFFFFFFFFFF], np.uint64) + np.uint64(stream) * np.uint64(0xD1342543DE82EF95))
        counter = np.arange(first, first + count, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = _mixed(counter + base)
    return (np.asarray(mixed >> np.uint64(11), np.float64) + 0.5) * 2.0**-53


def _mixed(z: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: npt.NDArray[np.uint64] = z ^ (z >> np.uint64(31))
    return mixed


def arrivals(curve: Curve, seed: int) -> Floats:
    """Times of all arrivals in seconds since T0, ascending: a Poisson process of the curve's rate, fixed by the seed."""
    total = curve.total
    count = int(total + 10 * math.sqrt(total) + 20)
    sums = np.cumsum(-np.log(draws(seed, ARRIVALS, 0, count)))
    return _inverted(curve, sums[sums < total])


def _inverted(curve: Curve, expected: Floats) -> Floats:
    """`curve.when` for many values at once: each piece is bisected as one array."""
    found = np.empty_like(expected)
    begun = 0.0
    for piece in curve.pieces:
        inside = piece.expected(piece.end_s)
        mine = (expected >= begun) & (expected < begun + inside)
        found[mine] = _solve_all(piece, expected[mine] - begun)
        begun += inside
    return found


def _solve_all(piece: Piece, expected: Floats) -> Floats:
    low, high = np.full_like(expected, piece.start_s), np.full_like(expected, piece.end_s)
    for _ in range(64):
        middle = (low + high) / 2
        below = _expected_all(piece, middle) < expected
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return high


def _expected_all(piece: Piece, until_s: Floats) -> Floats:
    since = until_s - piece.start_s
    whole = piece.floor_per_s * since + piece.slope_per_s2 * since * since / 2
    if not piece.burst_per_s:
        return whole
    if math.isinf(piece.half_life_s):
        return whole + piece.burst_per_s * since
    scale = piece.half_life_s / math.log(2)
    decayed: Floats = whole + piece.burst_per_s * scale * (1 - 2.0 ** (-since / piece.half_life_s))
    return decayed


def paced(rate_per_s: float, start_s: float, end_s: float) -> Iterator[float]:
    """Times at a fixed rate in [start_s, end_s), evenly spaced."""
    for number in range(math.ceil((end_s - start_s) * rate_per_s)):
        at_s = start_s + number / rate_per_s
        if at_s < end_s:
            yield at_s
