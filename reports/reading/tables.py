"""The read-back of a run, and whether it is what was captured."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pandas as pd
import psutil

from reports.reading.chains import Chains
from scenarios.run.folder import Plan, Run
from scenarios.run.readback_tables import TABLE_MOST_BYTES, DamagedManifest, Table, read_manifest
from scenarios.run.seals import seal_file
from scenarios.run.statements import FILE as STATEMENTS
from scenarios.run.statements import Statement, read_statements
from scenarios.safe_reading import Unreadable, listed, open_regular

_BYTES_AT_ONCE = 5_000_000
_OF_TIME = ("_ms", "_ns")
_SAID_AGAIN = (str, int)  # and nothing that only equals one of them, as true equals 1
_ROOM = 8
"""Rows take twice the memory that their lines take of the file, and the checks some more."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What the system said afterwards."""

    rows: dict[str, pd.DataFrame]  # by role
    problems: dict[str, str]  # by role: why it cannot be judged by
    manifest: dict[str, Table]
    statements: tuple[Statement, ...] | None  # None where there are none
    broken: tuple[str, ...]  # what is wrong with the files, a sentence each


def read_tables(run: Run, plan: Plan, chains: Chains) -> Tables:
    """Rows by role; those of a damaged table are left out."""
    folder = run.readback_folder
    broken = _against(folder, chains)
    manifest: dict[str, Table] = {}
    try:
        manifest = read_manifest(folder)
    except DamagedManifest as error:
        broken.append(f"readback/{error}")
    problems: dict[str, str] = {}
    parts: dict[str, list[pd.DataFrame]] = {}
    sources = plan.target.readback.tables if plan.target.readback else {}
    once: dict[object, object] = {}
    for name, source in sorted(sources.items()):
        frame, problem = _table(folder / f"{name}.jsonl", manifest.get(name), once)
        if problem:
            problems[source.role] = f"read-back table {name}: {problem}"
        parts.setdefault(source.role, []).append(frame)
    rows = {role: _joined(frames) for role, frames in parts.items()}
    statements = None
    try:
        told = read_statements(folder)
        statements = None if told is None else tuple(told)
    except Unreadable as error:
        broken.append(f"readback/{STATEMENTS} {error}")
    return Tables(rows, problems, manifest, statements, tuple(broken))


def _joined(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """All rows of a role. What one table does not tell is None in its rows, as it is where no table tells it; pandas would say NaN."""
    names = dict.fromkeys(name for frame in frames for name in frame.columns)
    for frame in frames:
        for name in names.keys() - set(frame.columns):
            frame[name] = np.full(len(frame), None, object)
    return pd.concat(frames, ignore_index=True)


def _against(folder: Path, chains: Chains) -> list[str]:
    """What differs from what the door saw at the run's end."""
    if chains.sealed is None:
        return []
    there, sealed = {path.name for path in listed(folder)}, chains.sealed.readback
    broken = [f"readback/{name} is missing" for name in sorted(set(sealed) - there)]
    broken += [f"readback/{name} was put in after the run had ended" for name in sorted(there - set(sealed))]
    for name in sorted(there & set(sealed)):
        try:
            if seal_file(folder / name, TABLE_MOST_BYTES) != sealed[name]:
                broken.append(f"readback/{name} is not what it was when the run ended")
        except Unreadable as error:
            broken.append(f"readback/{name} {error}")
    return broken


def _table(path: Path, entry: Table | None, once: dict[object, object]) -> tuple[pd.DataFrame, str]:
    """Rows of one file with every column as it came, and what is wrong with it. `once` as columns have it."""
    if entry is None:
        return pd.DataFrame(), "was never captured"
    if not entry.complete:
        return pd.DataFrame(), entry.reason or "is not complete"
    digest, columns = sha256(), _Columns(once)
    try:
        with open_regular(path, min(TABLE_MOST_BYTES, psutil.virtual_memory().available // _ROOM)) as file:
            while lines := file.readlines(_BYTES_AT_ONCE):
                digest.update(b"".join(lines))
                columns.take(map(_row, lines))
    except Unreadable as error:
        return pd.DataFrame(), str(error)
    except (OSError, ValueError, RecursionError) as error:
        return pd.DataFrame(), f"cannot be read ({type(error).__name__})"
    frame = columns.frame()
    if digest.hexdigest() != entry.sha256 or len(frame) != entry.rows:
        return pd.DataFrame(), "is not what was captured: its checksum differs"
    problem = _unfit(frame, columns.nested_line)
    return (pd.DataFrame(), problem) if problem else (frame, "")


def _unfit(frame: pd.DataFrame, nested_line: int | None) -> str:
    """What no check can reckon with; empty where it can with all of it."""
    if nested_line:
        return f"tells a list or an object in line {nested_line}, where one value belongs"
    timeless = [name for name in frame.columns if name.endswith(_OF_TIME) and not _numbers(frame[name])]
    return f"has a row whose {timeless[0]} is no number" if timeless else ""


def _numbers(values: "pd.Series[Any]") -> bool:
    """Whether each value that is there is a number, or a text that says one."""
    try:
        values[values.notna() & (values != "")].astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


class _Columns:
    """The rows of a table by column."""

    def __init__(self, once: dict[object, object]) -> None:
        """No row yet. `once` holds the texts and numbers that any table has told: most of a read-back is said in it again and again."""
        self._once = once
        self._names: list[str] = []
        self._columns: list[list[object]] = []
        self._count = 0
        self.nested_line: int | None = None  # the first with a list or an object for a value

    def take(self, rows: Iterable[dict[str, object]]) -> None:
        """Takes them in, every value as it came; what a row does not tell is missing in it, as pandas has it."""
        once = self._once.setdefault
        for row in rows:
            values = row.values() if list(row) == self._names else self._in_order(row)
            for column, value in zip(self._columns, values, strict=True):
                column.append(once(value, value) if type(value) in _SAID_AGAIN else self._alone(value))
            self._count += 1

    def _alone(self, value: object) -> object:
        """The value; where it says several things, its line is kept in mind."""
        if self.nested_line is None and isinstance(value, list | dict):
            self.nested_line = self._count + 1
        return value

    def _in_order(self, row: dict[str, object]) -> list[object]:
        """Its values by column; what it is the first to tell becomes a column."""
        new = [name for name in row if name not in self._names]
        self._names += new
        self._columns += [[math.nan] * self._count for _ in new]
        return [row.get(name, math.nan) for name in self._names]

    def frame(self) -> pd.DataFrame:
        """All rows; call it once."""
        made: dict[str, pd.Series[Any]] = {}
        for name in self._names:
            values = self._columns.pop(0)
            made[name] = pd.Series(np.fromiter(values, object, len(values)), dtype=object, copy=False)
        return pd.DataFrame(made, copy=False)


def _row(line: bytes) -> dict[str, object]:
    row = orjson.loads(line)
    if not isinstance(row, dict):
        raise ValueError("a row is no object")  # noqa: TRY004 - a file's content, not a caller's mistake
    return row
