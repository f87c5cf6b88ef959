"""What happened during a run: one hash-chained file of JSON lines per writer, merged on reading.

Each line carries the hash of the line before it, so a line that was changed, dropped or put in later is found. The last line of a
writer that was killed may be cut off; that is no breach, the lines before it stand.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO

import orjson

from scenarios.errors import StormdrillError

KINDS: dict[str, str] = {
    "run.started": "T0 is fixed and everybody knows it",
    "run.phase": "a phase begins (phase)",
    "run.drained": "no answer is awaited any more",
    "run.interrupted": "stopped before its end (reason)",
    "run.ended": "the load is over (reason)",
    "run.leftover": "something could not be taken down (what)",
    "load.ready": "a load process has built its crowd (writer, arrivals, customers)",
    "load.finished": "a load process ended its work (writer, offered, sent, unsent, cpu_s, …)",
    "load.health": "a load process's second (writer, cpu_share, run_delay_share, lag_ms, stall_ms, gc_ms, wall_step_ms, slept_ms, …)",
    "load.lost": "a load process died, or fell silent elsewhere (writer, exit_code, or host and reason)",
    "load.joined": "a worker of another machine has its share (writer, host, cores)",
    "load.clock": "how well T0 is known on its clock (writer, host, error_ms, drift_ms)",
    "fault.requested": "a drill asked the watchdog (fault, drill, parameters)",
    "fault.injecting": "written before the injection call: the recovery clock may start (fault, drill, parameters, target, starts_clock)",
    "fault.effective": "the fault's own probe shows it (fault, drill, evidence)",
    "fault.without_effect": "the probe did not show it in time (fault, drill, evidence)",
    "fault.undoing": "the undo begins (fault, drill)",
    "fault.undone": "the undo is done (fault, drill)",
    "fault.healed": "health is verified (fault, drill, evidence)",
    "fault.failed": "injection or undo raised (fault, drill, reason)",
    "watchdog.started": "the watchdog lives (pid)",
    "watchdog.lost": "the watchdog died; the run stops and heals (reason)",
    "drill.planned": "a drill will strike (drill, at_s, deadline_s, window_s)",
    "drill.steady": "steady state holds (drill, evidence)",
    "drill.refused": "the drill did not start (drill, reason)",
    "drill.recovered": "live figures hold again, approximate (drill, rto_s)",
    "drill.overdue": "not recovered by the deadline (drill)",
    "gate.breached": "a gate with 'abort after' was broken for its time (gate, measured, from_s, to_s)",
    "system.detected": "the system noticed the fault (source, detail)",
    "system.fencing": "the system takes the old writer away (source, detail)",
    "system.promoting": "the failover command (source, detail)",
    "system.promoted": "the new path accepts writes (source, detail)",
    "system.repointed": "the gateway leads to the new writer (source, detail)",
    "system.degraded": "no synchronous standby: an RPO decision (source, detail)",
    "system.rejoined": "the old writer is a standby again (source, detail)",
    "system.other": "anything else it tells (source, detail)",
    "readback.captured": "a table of the read-back is complete (table, rows, sha256)",
    "readback.missing": "a table could not be read (table, reason)",
}
"""Every kind of event and its fields. Writers may use no other."""

_FSYNCED = ("fault.injecting", "fault.undoing")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, at a time of the load generator's clock."""

    at_ns: int  # since T0
    kind: str  # of KINDS
    writer: str
    seq: int
    facts: dict[str, object] = field(default_factory=dict)

    @property
    def at_s(self) -> float:
        """Seconds since T0."""
        return self.at_ns / 1e9

    def text(self, name: str) -> str:
        """A fact as text, empty where it is not there."""
        return str(self.facts.get(name, ""))

    def number(self, name: str) -> float | None:
        """A fact as a number, None where it is none."""
        value = self.facts.get(name)
        return float(value) if isinstance(value, (int, float)) else None


class BrokenChain(StormdrillError):
    """An events file whose lines do not follow each other: the evidence was changed."""


class EventWriter:
    """Appends events to `events/<writer>.jsonl`. Not thread-safe; each line is flushed to the system, injections to the disk."""

    def __init__(self, folder: Path, writer: str, t0_ns: int) -> None:
        """`t0_ns` is T0 on `time.monotonic_ns()`'s clock. Raises FileExistsError where the writer has been."""
        self._file: IO[bytes] = (folder / f"{writer}.jsonl").open("xb", buffering=0)
        self._writer = writer
        self._t0_ns = t0_ns
        self._seq = 0
        self._last = ""

    def write(self, kind: str, monotonic_ns: int, **facts: object) -> Event:
        """Appends one event that happened at a time of the monotonic clock; injections and undos are fsynced before this returns."""
        if kind not in KINDS:
            raise ValueError(f"unknown kind of event {kind!r}")
        event = Event(monotonic_ns - self._t0_ns, kind, self._writer, self._seq, facts)
        line = orjson.dumps({"seq": event.seq, "at_ns": event.at_ns, "kind": kind, **facts, "last": self._last}, default=str)
        self._last = sha256(line).hexdigest()[:32]
        self._seq += 1
        self._file.write(line + b"\n")
        if kind in _FSYNCED:
            os.fsync(self._file.fileno())
        return event

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


def read_events(path: Path) -> Iterator[Event]:
    """Events of one writer, in its order.

    Raises:
        BrokenChain: a line was changed, dropped or put in.
    """
    last = ""
    *lines, _ = path.read_bytes().split(b"\n")  # behind the last newline: nothing, or the line that a kill cut off
    for number, line in enumerate(lines):
        try:
            facts = orjson.loads(line)
        except orjson.JSONDecodeError:
            raise BrokenChain(f"{path.name}:{number + 1}: the chain of events is broken") from None
        if facts.pop("last", None) != last or facts.get("seq") != number:
            raise BrokenChain(f"{path.name}:{number + 1}: the chain of events is broken")
        last = sha256(line).hexdigest()[:32]
        yield Event(facts.pop("at_ns"), facts.pop("kind"), path.stem, facts.pop("seq"), facts)


def merge_events(folder: Path) -> list[Event]:
    """Events of all writers by time; those of one writer keep their order. Raises BrokenChain."""
    found = [event for path in sorted(folder.glob("*.jsonl")) for event in read_events(path)]
    return sorted(found, key=lambda event: (event.at_ns, event.writer, event.seq))


class EventTail:
    """Follows the events of all writers of a run; `read_new` may be called as often as wanted. `read_events` alone proves the chain."""

    def __init__(self, folder: Path) -> None:
        """Files that appear later are found too."""
        self._folder = folder
        self._read: dict[Path, int] = {}

    def read_new(self) -> list[Event]:
        """The events that have come since the last call, by time; a line that is not whole yet waits for the next."""
        found: list[Event] = []
        for path in self._folder.glob("*.jsonl"):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                whole, newline, _ = file.read().rpartition(b"\n")
            self._read[path] = self._read.get(path, 0) + len(whole) + len(newline)
            for line in whole.splitlines():
                try:
                    facts = orjson.loads(line)
                except orjson.JSONDecodeError:
                    continue  # a broken chain, which `read_events` names
                found.append(Event(facts.pop("at_ns"), facts.pop("kind"), path.stem, facts.pop("seq"), facts))
        return sorted(found, key=lambda event: (event.at_ns, event.writer, event.seq))
