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
    parts: list[Records] = field(default_factory=list)
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
    for path in there:
        _take(reading, path, f"{folder.name}/{path.name}")
    sealed = reading.chains.sealed
    known = {*(sealed.records if sealed else ()), *reading.chains.records}
    mine = {name for name in known if name.startswith(f"{folder.name}/")}
    reading.broken.extend(f"{name} is missing" for name in sorted(mine - names))
    if sealed is not None:
        reading.broken.extend(f"{name} was put in after the run had ended" for name in sorted(names - set(sealed.records)))
    return Recorded(np.concatenate(reading.parts) if reading.parts else np.empty(0, reading.dtype), tuple(reading.broken))


def _take(reading: _Reading, path: Path, name: str) -> None:
    """Takes in what can be read of a file, and says what is wrong with it."""
    sealed = reading.chains.records.get(name)
    try:
        most_bytes = psutil.virtual_memory().available // _ROOM
        with open_regular(path, min(sealed.bytes, most_bytes) if sealed else most_bytes) as file:
            content: np.ndarray[tuple[int], np.dtype[np.uint8]] = np.fromfile(file, np.uint8)
    except Unreadable as error:
        reading.broken.append(f"{name} {error}")
        return
    itemsize = reading.dtype.itemsize
    if sealed is None:
        reading.broken.append(f"{name} is not sealed: its writer was killed, or what it told is gone")
    elif changed := difference(sealed, seal_of(content, itemsize), itemsize):
        reading.broken.append(f"{name} {changed}")
    records: Records = content[: len(content) // itemsize * itemsize].view(reading.dtype)
    records = records[records["mark"] != 0]
    fit = _fit(records, reading.plan)
    if not fit.all():
        reading.broken.append(f"{name} holds {np.count_nonzero(~fit):,} records that no load process writes; they are left out")
        records = records[fit]
    if sealed is not None and name in reading.chains.sent and (found := _sent(records)) != reading.chains.sent[name]:
        reading.broken.append(f"{name} tells of {found:,} attempts that were sent, its writer counted {reading.chains.sent[name]:,}")
    reading.parts.append(records)


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
