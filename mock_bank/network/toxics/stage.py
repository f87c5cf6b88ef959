"""A stage is one station of a stream: chunks come in, in order, and are handed on, in order, now or later or never."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import ClassVar, Protocol


class Sink(Protocol):
    """Whatever takes the chunks of a stream and its end."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""

    def eof(self) -> None:
        """Take the end of the stream: no bytes follow."""


class Lane(Protocol):
    """What a stage may ask of the lane that it stands in."""

    def hold(self, size: int) -> None:
        """Count `size` more bytes as held (fewer, if negative); too many stop the reading at the source."""

    def reset(self) -> None:
        """End both directions of the connection with a TCP reset."""

    def close(self) -> None:
        """End both directions of the connection."""


class Stage:
    """Passes everything on; toxics override what they spoil."""

    def __init__(self, lane: Lane, toxic: "Toxic") -> None:
        """Stand in `lane`, doing what `toxic` says; `follow` is set before the first chunk comes."""
        self.lane = lane
        self.toxic = toxic
        self.follow: Sink
        self.loop = asyncio.get_running_loop()

    def begin(self) -> None:
        """The stage is in place; called again whenever the toxic's attributes have changed."""

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.follow.feed(chunk)

    def eof(self) -> None:
        """Take the end of the stream."""
        self.follow.eof()

    def retire(self) -> None:
        """The toxic was removed: hand on whatever is held, in order, and hold nothing again."""

    def cancel(self) -> None:
        """The connection is gone: forget everything."""


@dataclass(frozen=True, slots=True)
class Toxic:
    """The attributes of a toxic, whole numbers of at least 0."""

    kind: ClassVar[str]
    stage: ClassVar[type[Stage]]


class TimedStage(Stage):
    """Hands each item on at its own time, never before the one in front of it."""

    def __init__(self, lane: Lane, toxic: Toxic) -> None:
        """See `Stage`."""
        super().__init__(lane, toxic)
        self._queue: deque[tuple[float, bytes | None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.last_due = 0.0

    def schedule(self, due: float, item: bytes | None) -> None:
        """Hand `item` on at loop time `due`; None is the end of the stream."""
        self.last_due = max(due, self.last_due)
        self._queue.append((self.last_due, item))
        self.lane.hold(len(item or b""))
        if self._timer is None:
            self._release()

    def _release(self) -> None:
        self._timer = None
        now = self.loop.time()
        while self._queue and self._queue[0][0] <= now:
            self._hand_on()
        if self._queue:
            self._timer = self.loop.call_at(self._queue[0][0], self._release)

    def _hand_on(self) -> None:
        _, item = self._queue.popleft()
        if item is None:
            self.follow.eof()
        else:
            self.lane.hold(-len(item))
            self.follow.feed(item)

    def retire(self) -> None:
        """Hand on at once what was waiting for its time."""
        if self._timer:
            self._timer.cancel()
        while self._queue:
            self._hand_on()

    def cancel(self) -> None:
        """Drop what was waiting."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self._queue.clear()


class AlarmStage(Stage):
    """Swallows the stream and ends the connection when its time has come."""

    def __init__(self, lane: Lane, toxic: Toxic) -> None:
        """See `Stage`."""
        super().__init__(lane, toxic)
        self._alarm: asyncio.TimerHandle | None = None

    def after(self, delay_s: float) -> None:
        """(Re)set the alarm."""
        self.cancel()
        self._alarm = self.loop.call_later(delay_s, self.ring)

    def ring(self) -> None:
        """The time has come."""
        raise NotImplementedError

    def feed(self, chunk: bytes) -> None:
        """Drop the bytes."""

    def eof(self) -> None:
        """Drop the end, too."""

    def cancel(self) -> None:
        """No alarm any more."""
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
