"""What silence proves: pure judgements about a server that does not answer."""

from dataclasses import dataclass

_LONGEST_TICK_S = 0.2


@dataclass(slots=True)
class Silence:
    """How long a server has been listened to without an answer.

    Only time in which the listener itself was awake counts: of a tick that took longer than 0.2 s, because this process did not
    get the processor, 0.2 s do. So a busy machine, which delays the answers and their reader alike, is not taken for a frozen server.
    """

    silent_s: float = 0.0
    _last_s: float | None = None

    def heard(self) -> None:
        """An answer came."""
        self.silent_s = 0.0

    def tick(self, now_s: float) -> None:
        """Listen once more, at `now_s` on a monotonic clock."""
        if self._last_s is not None:
            self.silent_s += min(max(0.0, now_s - self._last_s), _LONGEST_TICK_S)
        self._last_s = now_s


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What a server says of itself and of the standby that follows it; positions are bytes of write-ahead log."""

    recovering: bool
    streaming: bool
    synchronous: bool
    written: int
    flushed: int
    reply_age_s: float
    lag_ms: float | None = None  # by which the standby is behind, as PostgreSQL claims; None where none follows

    def followed(self) -> bool:
        """Whether the standby follows and has said so lately; it reports every second, and at each commit it confirms."""
        return self.streaming and self.reply_age_s < 2.5  # noqa: PLR2004 - two reports missed


class Confirmation:
    """When commits may be called synchronous again.

    A reload reaches the server's processes one by one, so a commit may still slip through for a moment. The standby counts once two
    looks in a row saw it synchronous, the second after it had flushed everything that was written at the first.
    """

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._mark: int | None = None

    def look(self, status: ServerStatus) -> bool:
        """Take the next look; True once it is confirmed."""
        if not (status.synchronous and status.followed()):
            self._mark = None
            return False
        if self._mark is None:
            self._mark = status.written
            return False
        return status.flushed >= self._mark
