"""Counter-based draws for one customer: the scalar twin of those in `plan.arrival_curves`; any number of workers makes the same crowd."""

from math import exp, log
from statistics import NormalDist

_MASK = 0xFFFFFFFFFFFFFFFF
_GOLDEN = 0x9E3779B97F4A7C15
_STREAM = 0xD1342543DE82EF95
_ONE_53RD = 2.0**-53
_normal = NormalDist().inv_cdf
_Z95 = _normal(0.95)

STREAM_JOURNEYS = 2
STREAM_ORDER = 3
STREAM_WISHES = 5  # one draw for each customer
STREAM_PAYEES = 6  # one draw for each customer
STREAM_WITNESSES = 7
STREAM_INVITES = 8  # two draws for each customer
STREAM_RENEWALS = 9  # by the visit and its renewals
STREAM_SURGES = 1 << 40  # plus the surge's number
STREAM_PEOPLE = 1 << 44  # plus the customer's number
STREAM_VISITS = 4 << 44  # plus the arrival's number


def _mixed(z: int) -> int:
    """The splitmix64 finaliser, as in `scenarios.plan.arrival_curves`."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def _base(seed: int, stream: int) -> int:
    return _mixed((seed + stream * _STREAM) & _MASK)


def draw(seed: int, stream: int, number: int) -> float:
    """Draw number 0, 1, 2, … of a stream, in (0, 1)."""
    return ((_mixed((number * _GOLDEN + _base(seed, stream)) & _MASK) >> 11) + 0.5) * _ONE_53RD


class Draws:
    """Draws of all kinds, made of even ones."""

    __slots__ = ()

    def uniform(self) -> float:
        """The next draw in (0, 1)."""
        raise NotImplementedError

    def below(self, limit: int) -> int:
        """A whole number in [0, limit)."""
        return int(self.uniform() * limit)

    def between(self, low: float, high: float) -> float:
        """A number in [low, high), evenly."""
        return low + (high - low) * self.uniform()

    def happens(self, probability: float) -> bool:
        """True that often."""
        return self.uniform() < probability

    def log_normal(self, median: float, p95: float) -> float:
        """A log-normal value by its median and its 95th percentile."""
        return median * exp(_normal(self.uniform()) * log(p95 / median) / _Z95)

    def geometric(self, mean: float) -> int:
        """1, 2, 3, …: how many tries until one succeeds, where so many are needed on average (at least 1)."""
        if mean <= 1:
            return 1
        return 1 + int(log(self.uniform()) / log(1 - 1 / mean))


class RandomStream(Draws):
    """The draws of one stream, one after the other."""

    __slots__ = ("_at", "_base")

    def __init__(self, seed: int, stream: int) -> None:
        """`stream` keeps one customer's draws apart from another's."""
        self._base = _base(seed, stream)
        self._at = 0

    def uniform(self) -> float:
        """The next draw in (0, 1)."""
        drawn = _mixed((self._at * _GOLDEN + self._base) & _MASK)
        self._at += 1
        return ((drawn >> 11) + 0.5) * _ONE_53RD
