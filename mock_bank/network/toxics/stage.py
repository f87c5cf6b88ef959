"""A stage is one station of a stream: chunks come in, in order, and are handed on, in order, now or later or never."""

import asyncio
import math
import time
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

    def close(self, stage: "Stage") -> None:
        """End the stream behind `stage`, in its order, and with it both directions of the connection."""


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
    """The attributes of a toxic, whole numbers; one below 0 is as good as 0."""

    kind: ClassVar[str]
    stage: ClassVar[type[Stage]]


class TimedStage(Stage):
    """Hands each item on at its own time, never before the one in front of it.

    What it says of the item in front is asked again when the toxic's attributes change, so that a change counts for what is held, too.
    """

    finest_s: ClassVar[float] = 0.001  # the loop's timers; whoever must be finer than that keeps the loop turning

    def __init__(self, lane: Lane, toxic: Toxic) -> None:
        """See `Stage`."""
        super().__init__(lane, toxic)
        self._queue: deque[tuple[float, bytes | None]] = deque()  # when each came, and what; None is the end of the stream
        self._timer: asyncio.Handle | None = None
        self._due = 0.0
        self._size = 0
        self.last_s = 0.0  # when the last item was due

    def due(self, came_s: float, size: int) -> float:  # noqa: ARG002 - for those that override it
        """When `size` bytes that came at `came_s` are handed on, 0 being the end of the stream; times are `time.monotonic`'s."""
        return came_s

    def slice(self, chunk: bytes) -> int:
        """How many of these bytes are handed on together."""
        return len(chunk)

    def begin(self) -> None:
        """Ask anew what is due when."""
        if self._queue:
            self._look()
            self._release()

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self._take(chunk)

    def eof(self) -> None:
        """Take the end of the stream."""
        self._take(None)

    def _take(self, item: bytes | None) -> None:
        self._queue.append((time.monotonic(), item))
        self.lane.hold(len(item or b""))
        if len(self._queue) == 1:
            self._look()
            self._release()

    def _look(self) -> None:
        came_s, item = self._queue[0]
        self._size = 0 if item is None else self.slice(item)
        self._due = self.due(came_s, self._size)

    def _release(self) -> None:
        self._stop()
        now = time.monotonic()
        while self._queue and self._due <= now:
            self.last_s = self._due
            self._hand_on(self._size)
            if self._queue:
                self._look()
        if self._queue and self._due < math.inf:
            self._timer = self.loop.call_later(max(self.finest_s, self._due - now), self._release)

    def _hand_on(self, size: int) -> None:
        """Hand on so many bytes of the item in front, all that is left of it if that is less."""
        came_s, item = self._queue.popleft()
        if item is None:
            self.follow.eof()
            return
        if size < len(item):
            self._queue.appendleft((came_s, item[size:]))
            item = item[:size]
        self.lane.hold(-len(item))
        self.follow.feed(item)

    def retire(self) -> None:
        """Hand on at once what was waiting for its time."""
        self._stop()
        while self._queue:
            self._hand_on(len(self._queue[0][1] or b""))

    def cancel(self) -> None:
        """Drop what was waiting."""
        self._stop()
        self._queue.clear()

    def _stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None


class AlarmStage(Stage):
    """Swallows the stream and ends the connection when its time has come."""

    def __init__(self, lane: Lane, toxic: Toxic) -> None:
        """See `Stage`."""
        super().__init__(lane, toxic)
        self._alarm: asyncio.Handle | None = None

    def after(self, delay_s: float) -> None:
        """(Re)set the alarm."""
        self.cancel()
        self._alarm = self.loop.call_later(delay_s, self.ring)

    @property
    def armed(self) -> bool:
        """Whether the alarm is set."""
        return self._alarm is not None

    def ring(self) -> None:
        """The time has come."""
        raise NotImplementedError

    def feed(self, chunk: bytes) -> None:
        """Drop the bytes."""

    def cancel(self) -> None:
        """No alarm any more."""
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
