"""How far another machine's monotonic clock is from ours, by round trips."""

from collections import deque
from dataclasses import dataclass

_KEPT = 40
_FIRST, _MOST = 12, 100
_PRECISE_NS = 5_000_000


@dataclass(frozen=True, slots=True)
class ClockOffset:
    """Their clock minus ours, and by how much that may be wrong."""

    offset_ns: int
    error_ns: int

    @property
    def error_ms(self) -> float:
        """The error bar in milliseconds."""
        return self.error_ns / 1e6


class ClockSync:
    """The latest round trips; older ones are forgotten, for clocks drift."""

    def __init__(self, keep: int = _KEPT) -> None:
        """Keeps so many."""
        self._trips: deque[tuple[int, int]] = deque(maxlen=keep)
        self._made = 0
        self.settled = False
        """Whether the offset may be used: after a dozen, to 5 ms; after a hundred, all of them long, as it is. From then on it stays so."""

    def add(self, sent_ns: int, theirs_ns: int, received_ns: int) -> None:
        """One of them: our clock when the question left and when the answer came, and their clock in between."""
        self._trips.append((received_ns - sent_ns, theirs_ns - (sent_ns + received_ns) // 2))
        self._made += 1
        shortest_ns, _ = min(self._trips)
        self.settled = self.settled or self._made >= _MOST or (self._made >= _FIRST and shortest_ns <= 2 * _PRECISE_NS)

    @property
    def offset(self) -> ClockOffset | None:
        """By the shortest of them: wherever in between their clock was read, the offset is wrong by half of it at most."""
        if not self._trips:
            return None
        took_ns, offset_ns = min(self._trips)
        return ClockOffset(offset_ns, (took_ns + 1) // 2)
