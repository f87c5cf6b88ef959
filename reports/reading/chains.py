"""The events of a run, and whether they are this run's, whole, and as they were written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scenarios.run.event_kinds import LoadSealed, PluginFailed, RecordsSeal, RunSealed, RunStarted, WriterEnded
from scenarios.run.events import Event, WriterLog, by_time, of_kind, read_log
from scenarios.run.facts import Facts
from scenarios.run.fault_event_kinds import OfFault
from scenarios.run.folder import Run
from scenarios.run.seals import KEY_VARIABLE, is_keyed
from scenarios.safe_reading import listed

_DOOR = "door"
_LATER: tuple[tuple[re.Pattern[str], tuple[type[Facts], ...]], ...] = (
    (re.compile(r"heal-\d+"), (OfFault, PluginFailed, WriterEnded)),
    (re.compile("report"), (PluginFailed, WriterEnded)),
)
"""Writers that may come after the door has sealed the run, and what they may tell: who heals what it left, and a report that broke."""


@dataclass(frozen=True, slots=True)
class Chains:
    """What all writers told."""

    events: tuple[Event[Facts], ...]  # by time
    broken: tuple[str, ...]  # what is wrong with their files, a sentence each
    unended: tuple[str, ...]  # files that are right as far as they go, a sentence each
    started: RunStarted | None  # the door's first word
    sealed: RunSealed | None  # its last
    records: dict[str, RecordsSeal]  # by file: what its writer sealed
    sent: dict[str, int]  # by the same writers' sample files: how much was sent, as they counted


def read_chains(run: Run, identity: str) -> Chains:
    """All events of a run, those before a broken link among them."""
    logs = {path.stem: read_log(path, identity) for path in listed(run.events_folder) if path.suffix == ".jsonl"}
    door = logs.get(_DOOR, WriterLog(_DOOR, (), "", ""))
    first = door.events[0].facts if door.events else None
    sealed = of_kind(door.events, RunSealed)
    last = sealed[-1].facts if sealed and door.ended and sealed[-1] is door.events[-2] else None
    recorded = [event for log in logs.values() for event in of_kind(log.events, LoadSealed)]
    return Chains(
        tuple(by_time(event for log in logs.values() for event in log.events)),
        tuple(_broken(run.events_folder, logs, last)),
        tuple(_unended(logs, last)),
        first if isinstance(first, RunStarted) else None,
        last,
        {name: seal for event in recorded for name, seal in event.facts.files.items()},
        {name: event.facts.sent for event in recorded for name in event.facts.files if name.startswith("samples/")},
    )


def _broken(folder: Path, logs: Mapping[str, WriterLog], sealed: RunSealed | None) -> Iterator[str]:
    for path in listed(folder):
        if path.suffix != ".jsonl":
            yield f"events/{path.name} is none of this run's"
    for log in logs.values():
        yield from _own_trouble(log)
    door = logs.get(_DOOR)
    if door is None:
        yield f"events/{_DOOR}.jsonl is missing"
    elif door.events and not isinstance(door.events[0].facts, RunStarted):
        yield f"events/{_DOOR}.jsonl does not begin with the run's start"
    if sealed is not None:
        yield from _against(sealed, logs)


def _own_trouble(log: WriterLog) -> Iterator[str]:
    if log.damage:
        yield f"events/{log.damage}{_advice(log)}"
    elif log.ended and isinstance(end := log.events[-1].facts, WriterEnded) and end.events != len(log.events) - 1:
        yield f"events/{log.writer}.jsonl has {len(log.events) - 1} events, its end mark counts {end.events}"


def _unended(logs: Mapping[str, WriterLog], sealed: RunSealed | None) -> Iterator[str]:
    whole = [log for log in logs.values() if not log.damage]
    for log in whole:
        if not log.ended:
            yield f"events/{log.writer}.jsonl has no end mark: its writer was killed, or its last lines are gone"
        elif log.writer == _DOOR and sealed is None:
            yield f"events/{_DOOR}.jsonl does not seal the run: the rehearsal was cut off, or its last lines are gone"


def _advice(log: WriterLog) -> str:
    return "" if log.events or is_keyed() else f" (where the run was sealed with a key, {KEY_VARIABLE} must name it)"


def _against(sealed: RunSealed, logs: Mapping[str, WriterLog]) -> Iterator[str]:
    """What differs from what the door saw at the run's end."""
    for writer, seal in sorted(sealed.events.items()):
        log = logs.get(writer)
        if log is None:
            yield f"events/{writer}.jsonl is missing"
        elif not log.damage and log.seal != seal:
            yield f"events/{writer}.jsonl is not what it was when the run ended"
    for writer in sorted(set(logs) - set(sealed.events) - {_DOOR}):
        if not _may_come_later(logs[writer]):
            yield f"events/{writer}.jsonl was put in after the run had ended"


def _may_come_later(log: WriterLog) -> bool:
    return any(name.fullmatch(log.writer) and all(isinstance(event.facts, kinds) for event in log.events) for name, kinds in _LATER)
