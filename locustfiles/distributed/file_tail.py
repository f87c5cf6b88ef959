"""Reads what a load process writes into its files while it is still writing, in bounded batches, and never a record that is half written.

A record is taken only where two readings of it agree. Records are packed while the interpreter is held, and this code must hold it
between the readings; so a record that was being packed during the first has changed by the second. The engine knows nothing of this.
"""

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from scenarios.run.folder import Run
from scenarios.run.records import ACK, MARK_DONE, MARK_INTENT, SAMPLE, SHOWN, Records

BATCH_BYTES = 1 << 17

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Batch:
    """A piece of a file of the run folder: bytes from `at` on or, where there are `rows`, whole records at those numbers."""

    file: str  # as samples/load-0.bin
    at: int
    data: bytes
    rows: bytes = b""  # numbers of the records as little-endian int64


class FileTail(Protocol):
    """Follows one file."""

    def batches(self) -> Iterator[Batch]:
        """What is new; each batch counts as taken once it was given."""


def file_tails(run: Run, writer: str) -> list[FileTail]:
    """All files of one load process; the events come last, so that whoever reads that it has finished finds all the rest there."""
    return [
        AckTail(run, f"acks/{writer}.bin"),
        SampleTail(run, f"samples/{writer}.bin"),
        ShownTail(run, f"shown/{writer}.bin"),
        SampleTail(run, f"samples/{writer}-foreign.bin"),
        TextTail(run, f"events/{writer}-foreign.jsonl"),
        TextTail(run, f"events/{writer}.jsonl"),
    ]


class TextTail:
    """A file that only grows."""

    def __init__(self, run: Run, file: str) -> None:
        """The file may come later."""
        self._file, self._path, self._at = file, run.folder / file, 0

    def batches(self) -> Iterator[Batch]:
        """Its new bytes."""
        while data := _read(self._path, self._at, BATCH_BYTES):
            batch = Batch(self._file, self._at, data)
            self._at += len(data)
            yield batch


class SampleTail:
    """A file of records that are complete once they are there."""

    dtype = SAMPLE

    def __init__(self, run: Run, file: str) -> None:
        """The file may come later."""
        self._file, self._path, self._count = file, run.folder / file, 0

    def batches(self) -> Iterator[Batch]:
        """Its new records."""
        while len(fresh := self._fresh()):
            batch = Batch(self._file, self._count * self.dtype.itemsize, fresh.tobytes())
            self._taken(fresh)
            yield batch

    def _taken(self, fresh: Records) -> None:
        self._count += len(fresh)

    def _fresh(self) -> Records:
        """The next records, up to the first that does not count or does not stand still."""
        size = self.dtype.itemsize
        first, second = (_records(_read(self._path, self._count * size, BATCH_BYTES // size * size), self.dtype) for _ in range(2))
        unripe = np.flatnonzero(~_alike(first, second[: len(first)]) | (first["mark"] == 0))
        return first[: unripe[0]] if len(unripe) else first


class ShownTail(SampleTail):
    """A file of what customers were shown."""

    dtype = SHOWN


class AckTail(SampleTail):
    """A file of records that are completed in place: an intent is given when it appears, and again when it is completed."""

    dtype = ACK

    def __init__(self, run: Run, file: str) -> None:
        """The file may come later."""
        super().__init__(run, file)
        self._open: Numbers = np.empty(0, np.int64)

    def batches(self) -> Iterator[Batch]:
        """Its new records, and those that have been completed since they were given."""
        yield from super().batches()
        if not len(self._open):
            return
        with self._path.open("rb") as file:  # only what was given before is looked at, which no writer cuts off
            view = np.frombuffer(mmap.mmap(file.fileno(), self._count * ACK.itemsize, access=mmap.ACCESS_READ), ACK)
        ripe = view["mark"][self._open] == MARK_DONE  # everything else of a record stands before this mark does
        rows, self._open = self._open[ripe], self._open[~ripe]
        at_once = BATCH_BYTES // ACK.itemsize
        for part in (rows[start : start + at_once] for start in range(0, len(rows), at_once)):
            yield Batch(self._file, 0, view[part].tobytes(), part.astype("<i8").tobytes())

    def _taken(self, fresh: Records) -> None:
        intents = self._count + np.flatnonzero(fresh["mark"] == MARK_INTENT)
        self._open = np.concatenate([self._open, intents])
        super()._taken(fresh)


def _read(path: Path, at: int, most: int) -> bytes:
    """Bytes of a file from a position on, none where it is not there."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return b""
    try:
        return os.pread(fd, most, at)
    finally:
        os.close(fd)


def _records(data: bytes, dtype: "np.dtype[np.void]") -> Records:
    return np.frombuffer(data, dtype, len(data) // dtype.itemsize)


def _alike(first: Records, second: Records) -> npt.NDArray[np.bool_]:
    """Which records are the same bytes; what only one side has is not."""
    size = first.dtype.itemsize
    same = np.zeros(len(first), np.bool_)
    both = min(len(first), len(second))
    left, right = (np.ascontiguousarray(side[:both]).view(np.uint8).reshape(both, size) for side in (first, second))
    same[:both] = (left == right).all(axis=1)
    return same
