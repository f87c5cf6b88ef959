"""What happened during a run: one hash-chained file of JSON lines per writer, merged on reading.

Each line carries a seal of itself and the line before it, the first one of the run's identity and its writer; the last line is an end
mark. So a line that was changed, dropped or put in later is found, and so is a file of another run. A writer that was killed leaves no
end mark, and maybe half a line; the lines before it stand.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Generic, TypeVar, cast

import orjson
from pydantic import ValidationError

from scenarios.errors import StormdrillError
from scenarios.run.event_kinds import KINDS, WriterEnded
from scenarios.run.facts import Facts, FactsT, Other
from scenarios.run.seals import origin, seal
from scenarios.safe_reading import Unreadable, read_bounded, reading

MOST_BYTES = 1 << 28
"""More than any writer writes; what is larger is none of ours."""

_MOST_NS = 1 << 62
_SEAL = b',"seal":"'
_END = b'"}'

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

    def __init__(self, folder: Path, writer: str, t0_ns: int, identity: str = "") -> None:
        """`t0_ns` is T0 on `time.monotonic_ns()`'s clock, `identity` the run's. Raises FileExistsError where the writer has been."""
        self._file: IO[bytes] = (folder / f"{writer}.jsonl").open("xb", buffering=0)
        self._writer = writer
        self._t0_ns = t0_ns
        self._seq = 0
        self._seal = origin(identity, writer)

    def write(self, facts: Facts, monotonic_ns: int) -> Event[Facts]:
        """Appends what happened at a time of the monotonic clock; injections and undos are fsynced before this returns."""
        event = Event(monotonic_ns - self._t0_ns, self._writer, self._seq, facts)
        told = orjson.dumps({"seq": event.seq, "at_ns": event.at_ns, "kind": facts.kind, **facts.model_dump()})
        sealed = seal(self._seal.encode(), told)
        self._file.write(told[:-1] + _SEAL + sealed.encode() + _END + b"\n")
        self._seal = sealed
        self._seq += 1
        if facts.fsynced:
            os.fsync(self._file.fileno())
        return event

    def close(self, monotonic_ns: int | None = None) -> None:
        """Writes the end mark, of now unless told, and ends the file. On a full disk the mark stays away, and the file counts as cut."""
        if self._file.closed:
            return
        with suppress(OSError):
            self.write(WriterEnded(events=self._seq), time.monotonic_ns() if monotonic_ns is None else monotonic_ns)
        self._file.close()


@dataclass(frozen=True, slots=True)
class WriterLog:
    """The events of one writer, as far as its chain holds."""

    writer: str
    events: tuple[Event[Facts], ...]  # before any damage
    seal: str  # of the last of them
    damage: str  # what is wrong with the file, with its name and line; empty where nothing is

    @property
    def ended(self) -> bool:
        """Whether it has its end mark."""
        return bool(self.events) and isinstance(self.events[-1].facts, WriterEnded)


def read_log(path: Path, identity: str = "") -> WriterLog:
    """The events of one writer of a run. Whatever the file is, this neither raises nor hangs."""
    events: list[Event[Facts]] = []
    last, damage = origin(identity, path.stem), ""
    try:
        *lines, rest = read_bounded(path, MOST_BYTES).split(b"\n")  # behind the last newline: nothing, or the line that a kill cut off
    except Unreadable as error:
        return WriterLog(path.stem, (), last, f"{path.name} {error}")
    for number, line in enumerate(lines):
        try:
            if events and isinstance(events[-1].facts, WriterEnded):
                raise ValueError("it goes on behind its end")  # noqa: TRY301 - as those of `_linked`
            event, last = _linked(line, path.stem, number, last)
        except ValueError as error:
            damage = f"{path.name}:{number + 1}: the chain of events is broken: {error}"
            break
        events.append(event)
    if rest and not damage and events and isinstance(events[-1].facts, WriterEnded):
        damage = f"{path.name}:{len(lines) + 1}: the chain of events is broken: it goes on behind its end"
    return WriterLog(path.stem, tuple(events), last, damage)


def read_events(path: Path, identity: str = "") -> Iterator[Event[Facts]]:
    """Events of one writer, in its order.

    Raises:
        DamagedEvents: a line was changed, dropped or put in, or is no event; after those before it.
    """
    log = read_log(path, identity)
    yield from log.events
    if log.damage:
        raise DamagedEvents(log.damage)


def merge_events(folder: Path, identity: str = "") -> list[Event[Facts]]:
    """Events of all writers by time; those of one writer keep their order. Raises DamagedEvents."""
    return by_time(event for path in sorted(folder.glob("*.jsonl")) for event in read_events(path, identity))


def by_time(events: Iterable[Event[Facts]]) -> list[Event[Facts]]:
    """Events in their order in time; those of one writer keep theirs."""
    return sorted(events, key=lambda event: (event.at_ns, event.writer, event.seq))


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
            try:
                with reading(path, MOST_BYTES) as file:
                    file.seek(self._read.get(path, 0))
                    whole, newline, _ = file.read().rpartition(b"\n")
            except Unreadable:
                continue  # damage, as below
            self._read[path] = self._read.get(path, 0) + len(whole) + len(newline)
            for line in whole.splitlines():
                try:
                    found.append(_parsed(line, path.stem))
                except ValueError:
                    continue  # damage, which `read_events` names
        return by_time(found)


def _linked(line: bytes, writer: str, number: int, before: str) -> tuple[Event[Facts], str]:
    """The event of a line that follows the seal before it, and its own seal. Raises ValueError, in a few words."""
    event = _parsed(line, writer)
    told, found, sealed = line.rpartition(_SEAL)
    if not found or event.seq != number or sealed != seal(before.encode(), told + _END[1:]).encode() + _END:
        raise ValueError(
            "the line was changed, does not follow the one before it, or has another seal key"
            if number
            else "it is not of this run, was changed, or has another seal key"
        )
    return event, sealed.removesuffix(_END).decode()


def _parsed(line: bytes, writer: str) -> Event[Facts]:
    """The event of a line. Raises ValueError, in a few words."""
    try:
        told = orjson.loads(line)
    except (orjson.JSONDecodeError, RecursionError):
        raise ValueError("no JSON") from None
    if not isinstance(told, dict):
        raise ValueError("no event")  # noqa: TRY004 - a line's content, not a caller's mistake
    seq, at_ns, kind = told.pop("seq", None), told.pop("at_ns", None), told.pop("kind", None)
    told.pop("seal", None)
    if not (isinstance(seq, int) and isinstance(at_ns, int) and isinstance(kind, str) and abs(at_ns) < _MOST_NS):
        raise ValueError("no event")
    model = KINDS.get(kind)
    try:
        facts = model.model_validate(told) if model else Other(name=kind, told=told)
    except (ValidationError, RecursionError) as error:
        raise ValueError(f"{kind} does not fit{_first(error)}") from None
    return Event(at_ns, writer, seq, facts)


def _first(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return ""
    found = error.errors(include_url=False)[0]
    return f": {'.'.join(map(str, found['loc']))}: {found['msg']}"
