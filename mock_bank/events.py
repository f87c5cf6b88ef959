"""What happened in the world, for whoever asks, on the machine's monotonic clock."""

import contextlib
import json
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

_KEPT = 10_000

Event = dict[str, str | int | float | bool | None]


class Events:
    """Numbered events, kept in memory and appended to a file."""

    def __init__(self, path: Path) -> None:
        """Go on after what the file holds, else start at sequence number 1."""
        self._path = path
        self._events: deque[Event] = deque(_read(path), maxlen=_KEPT)
        self._seq = int(self._events[-1]["seq"] or 0) if self._events else 0

    def add(self, kind: str, **detail: str | float | bool | None) -> None:
        """Note that something happened just now; a disk that does not take it is no reason to stop."""
        self.add_at(time.monotonic_ns(), kind, **detail)

    def add_at(self, at_ns: int, kind: str, **detail: str | float | bool | None) -> None:
        """Note what has happened at an earlier time of the monotonic clock."""
        self._seq += 1
        wall = time.time() - (time.monotonic_ns() - at_ns) / 1e9
        event: Event = {"seq": self._seq, "kind": kind, "monotonic_ns": at_ns, "wall": wall, **detail}
        self._events.append(event)
        with contextlib.suppress(OSError), self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")

    def since(self, seq: int) -> list[Event]:
        """The events after number `seq`."""
        return [event for event in self._events if int(event["seq"] or 0) > seq]


def _read(path: Path) -> Iterator[Event]:
    """The events in a file; a line cut off by a crash is passed over."""
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        with contextlib.suppress(ValueError):
            yield json.loads(line)
