"""What happened during a run: one hash-chained file of JSON lines per writer, merged on reading.

Each line carries the hash of the line before it, so a line that was changed, dropped or put in later is found. The last line of a
writer that was killed may be cut off; that is no breach, the lines before it stand.
"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Generic, TypeVar, cast

import orjson
from pydantic import ValidationError

from scenarios.errors import StormdrillError
from scenarios.run.event_kinds import KINDS, Facts, Other

FactsT = TypeVar("FactsT", bound=Facts)
FactsT_co = TypeVar("FactsT_co", bound=Facts, covariant=True)


@dataclass(frozen=True, slots=True)
class Event(Generic[FactsT_co]):
    """Something that happened, at a time of the load generator's clock."""

    at_ns: int  # since T0
    writer: str
    seq: int
    facts: FactsT_co

    @property
    def at_s(self) -> float:
        """Seconds since T0."""
        return self.at_ns / 1e9

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return self.facts.name if isinstance(self.facts, Other) else self.facts.kind


def of_kind(events: Iterable[Event[Facts]], *kinds: type[FactsT]) -> list[Event[FactsT]]:
    """Those of these kinds or families of kinds, in their order."""
    return [cast("Event[FactsT]", event) for event in events if isinstance(event.facts, kinds)]


class DamagedEvents(StormdrillError):
    """An events file whose lines do not follow each other, or are none of ours: the evidence was changed."""


class EventWriter:
    """Appends events to `events/<writer>.jsonl`. Not thread-safe; each line is flushed to the system, injections to the disk."""

    def __init__(self, folder: Path, writer: str, t0_ns: int) -> None:
        """`t0_ns` is T0 on `time.monotonic_ns()`'s clock. Raises FileExistsError where the writer has been."""
        self._file: IO[bytes] = (folder / f"{writer}.jsonl").open("xb", buffering=0)
        self._writer = writer
        self._t0_ns = t0_ns
        self._seq = 0
        self._last = ""

    def write(self, facts: Facts, monotonic_ns: int) -> Event[Facts]:
        """Appends what happened at a time of the monotonic clock; injections and undos are fsynced before this returns."""
        event = Event(monotonic_ns - self._t0_ns, self._writer, self._seq, facts)
        line = orjson.dumps({"seq": event.seq, "at_ns": event.at_ns, "kind": facts.kind, **facts.model_dump(), "last": self._last})
        self._last = _digest(line)
        self._seq += 1
        self._file.write(line + b"\n")
        if facts.fsynced:
            os.fsync(self._file.fileno())
        return event

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


def read_events(path: Path) -> Iterator[Event[Facts]]:
    """Events of one writer, in its order.

    Raises:
        DamagedEvents: a line was changed, dropped or put in, or is no event.
    """
    last = ""
    *lines, _ = path.read_bytes().split(b"\n")  # behind the last newline: nothing, or the line that a kill cut off
    for number, line in enumerate(lines):
        where = f"{path.name}:{number + 1}"
        try:
            event, before = _parsed(line, path.stem)
        except ValueError as error:
            raise DamagedEvents(f"{where}: the chain of events is broken: {error}") from None
        if before != last or event.seq != number:
            raise DamagedEvents(f"{where}: the chain of events is broken")
        last = _digest(line)
        yield event


def merge_events(folder: Path) -> list[Event[Facts]]:
    """Events of all writers by time; those of one writer keep their order. Raises DamagedEvents."""
    found = [event for path in sorted(folder.glob("*.jsonl")) for event in read_events(path)]
    return sorted(found, key=_order)


class EventTail:
    """Follows the events of all writers of a run. Does not prove the chain: `read_events` does."""

    def __init__(self, folder: Path) -> None:
        """Files that appear later are found too."""
        self._folder = folder
        self._read: dict[Path, int] = {}

    def take(self) -> list[Event[Facts]]:
        """The events that have come since it was last asked, by time; a line that is not whole yet waits for the next time."""
        found: list[Event[Facts]] = []
        for path in self._folder.glob("*.jsonl"):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read[path] = self._read.get(path, 0) + len(whole) + len(newline)
            for line in whole.splitlines():
                try:
                    found.append(_parsed(line, path.stem)[0])
                except ValueError:
                    continue  # damage, which `read_events` names
        return sorted(found, key=_order)


def _parsed(line: bytes, writer: str) -> tuple[Event[Facts], str]:
    """The event of a line, and the hash of the line before it. Raises ValueError, in a few words."""
    try:
        told = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise ValueError("no JSON") from None
    if not isinstance(told, dict):
        raise ValueError("no event")  # noqa: TRY004 - a line's content, not a caller's mistake
    seq, at_ns, kind, last = (told.pop(name, None) for name in ("seq", "at_ns", "kind", "last"))
    if not (isinstance(seq, int) and isinstance(at_ns, int) and isinstance(kind, str) and isinstance(last, str)):
        raise ValueError("no event")  # noqa: TRY004 - as above
    model = KINDS.get(kind)
    try:
        facts = model.model_validate(told) if model else Other(name=kind, told=told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ValueError(f"{kind} does not fit: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    return Event(at_ns, writer, seq, facts), last


def _digest(line: bytes) -> str:
    return sha256(line).hexdigest()[:32]


def _order(event: Event[Facts]) -> tuple[int, str, int]:
    return event.at_ns, event.writer, event.seq
