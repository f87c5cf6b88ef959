"""The records of a run, and whether they are what their writers sealed."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import psutil

from reports.reading.chains import Chains
from scenarios.run.folder import Plan, Run
from scenarios.run.outcomes import Outcome, Probe, Promise
from scenarios.run.records import ACK, FLAG_NOT_SENT, FLAG_UNSENT, SAMPLE, SHOWN, STREAM_FOREIGN, STREAM_SESSIONS, Records
from scenarios.run.seals import difference, seal_of
from scenarios.safe_reading import Unreadable, listed, open_regular

_SPARE_S = 3600
"""Nothing is recorded so long before the load or after its end."""

_ROOM = 4
"""A file's records are in memory, and some more, until all of them are."""

_AT_ONCE = 1 << 18
"""So many records are looked at together."""

_BOUNDS: dict["np.dtype[np.void]", dict[str, tuple[int, int]]] = {
    SAMPLE: {"outcome": (min(Outcome), max(Outcome))},
    ACK: {"outcome": (0, max(Outcome)), "promise": (0, max(Promise)), "probe": (0, max(Probe))},
    SHOWN: {},
}
"""Between which values a field lies."""

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Recorded:
    """Records of one kind."""

    records: Records
    broken: tuple[str, ...]  # what is wrong with their files, a sentence each


@dataclass(frozen=True, slots=True)
class _Reading:
    """One kind of records being read."""

    plan: Plan
    chains: Chains
    dtype: "np.dtype[np.void]"
    broken: list[str] = field(default_factory=list)


def read_samples(run: Run, plan: Plan, chains: Chains) -> Recorded:
    """All samples, in the order of their files' names."""
    return _read(_Reading(plan, chains, SAMPLE), run.samples_folder)


def read_acks(run: Run, plan: Plan, chains: Chains) -> Recorded:
    """All acks, in the order of their files' names."""
    return _read(_Reading(plan, chains, ACK), run.acks_folder)


def read_shown(run: Run, plan: Plan, chains: Chains) -> Recorded:
    """What customers of a sample were shown, in the order of the files' names."""
    return _read(_Reading(plan, chains, SHOWN), run.shown_folder)


def _read(reading: _Reading, folder: Path) -> Recorded:
    there = listed(folder)
    names = {f"{folder.name}/{path.name}" for path in there}
    records = _taken(reading, there, folder.name)
    sealed = reading.chains.sealed
    known = {*(sealed.records if sealed else ()), *reading.chains.records}
    mine = {name for name in known if name.startswith(f"{folder.name}/")}
    reading.broken.extend(f"{name} is missing" for name in sorted(mine - names))
    if sealed is not None:
        reading.broken.extend(f"{name} was put in after the run had ended" for name in sorted(names - set(sealed.records)))
    return Recorded(records, tuple(reading.broken))


def _taken(reading: _Reading, paths: list[Path], folder: str) -> Records:
    """What can be read of all files; says what is wrong with each. Where there is one alone, it is in memory once."""
    parts = [part for path in paths if (part := _take(reading, path, f"{folder}/{path.name}")) is not None]
    if len(parts) == 1:
        return parts[0]
    records = np.empty(sum(map(len, parts)), reading.dtype)
    end = len(records)
    while parts:  # each is let go of once it is taken over
        part = parts.pop()
        records[end - len(part) : end] = part
        end -= len(part)
    return records


def _take(reading: _Reading, path: Path, name: str) -> Records | None:
    """What can be read of a file, and what is wrong with it is said."""
    sealed = reading.chains.records.get(name)
    try:
        most_bytes = psutil.virtual_memory().available // _ROOM
        with open_regular(path, min(sealed.bytes, most_bytes) if sealed else most_bytes) as file:
            content: np.ndarray[tuple[int], np.dtype[np.uint8]] = np.fromfile(file, np.uint8)
    except Unreadable as error:
        reading.broken.append(f"{name} {error}")
        return None
    itemsize = reading.dtype.itemsize
    if sealed is None:
        reading.broken.append(f"{name} is not sealed: its writer was killed, or what it told is gone")
    elif changed := difference(sealed, seal_of(content, itemsize), itemsize):
        reading.broken.append(f"{name} {changed}")
    records: Records = content[: len(content) // itemsize * itemsize].view(reading.dtype)
    records, unfit = _kept(records, reading.plan)
    if unfit:
        reading.broken.append(f"{name} holds {unfit:,} records that no load process writes; they are left out")
    if sealed is not None and name in reading.chains.sent and (found := _sent(records)) != reading.chains.sent[name]:
        reading.broken.append(f"{name} tells of {found:,} attempts that were sent, its writer counted {reading.chains.sent[name]:,}")
    return records


def _kept(records: Records, plan: Plan) -> tuple[Records, int]:
    """The marked records that can be true, moved together where they are; and how many marked ones cannot."""
    kept = unfit = 0
    for start in range(0, len(records), _AT_ONCE):
        block = records[start : start + _AT_ONCE]
        marked = block["mark"] != 0
        good = marked & _fit(block, plan)
        count = int(np.count_nonzero(good))
        unfit += int(np.count_nonzero(marked)) - count
        if kept != start or count != len(block):
            records[kept : kept + count] = block[good]
        kept += count
    return records[:kept], unfit


def _sent(samples: Records) -> int:
    return int(np.count_nonzero(samples["flags"] & (FLAG_UNSENT | FLAG_NOT_SENT) == 0))


def _fit(records: Records, plan: Plan) -> Bools:
    """Which records can be true: known operations, outcomes and times of this run."""
    stream = records["operation_id"] >> np.uint64(60)
    fit: Bools = ((records["operation_index"] < len(plan.operations)) | (stream == STREAM_FOREIGN)) & (stream <= STREAM_SESSIONS)
    for name, (least, most) in _BOUNDS[records.dtype].items():
        fit &= (records[name] >= least) & (records[name] <= most)
    last_ns = int((plan.scenario.lasts_s + plan.scenario.drain + _SPARE_S) * 1e9)
    for name in {"intended_ns", "sent_ns", "done_ns"} & set(records.dtype.names or ()):
        fit &= (records[name] >= -_SPARE_S * 1_000_000_000) & (records[name] <= last_ns)
    return fit
