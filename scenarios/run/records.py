"""The fixed-width records of a run, the mapped files they are written to, and how those are read.

A record counts once its last byte, `mark`, is not zero. Files grow by whole blocks of zeros which are reserved on disk before
they are mapped, so a full disk is an error at the block's start and never a signal in mid-record; a writer killed at any byte leaves
whole records followed by zeros. `numpy.fromfile(path, SAMPLE)` reads the file as it is; `read_records` leaves out what does not count.

All times are integer nanoseconds of the load generator's monotonic clock since T0 (negative before it).
"""

import math
import mmap
import os
import struct
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

SAMPLE = np.dtype(
    [
        ("intended_ns", "<i8"),  # when it should have been sent, since T0
        ("operation_id", "<u8"),  # operation id, see `operation_id`
        ("ready_us", "<u4"),  # intended -> ready (the response it had to wait for)
        ("dispatch_us", "<u4"),  # ready -> sent
        ("service_us", "<u4"),  # sent -> done; for a censored one, sent -> when the run drained
        ("pool_us", "<u4"),  # the part of dispatch_us that waited for a connection
        ("handshake_us", "<u4"),  # the part of pool_us in TCP connect and TLS handshake
        ("size", "<u4"),  # bytes of the response
        ("operation_index", "<u2"),  # index into the run's list of operation names
        ("status", "<u2"),  # HTTP status, 0 where none came
        ("outcome", "u1"),  # Outcome
        ("attempt", "u1"),  # 1 is the first sending of an idempotency key
        ("flags", "u1"),  # FLAG_*
        ("mark", "u1"),  # MARK_*
    ]
)
"""One attempt, 48 bytes. latency = ready_us + dispatch_us + service_us; dispatch lag = dispatch_us - pool_us."""

SAMPLE_STRUCT = struct.Struct("<qQIIIIIIHHBBBB")
"""Packs the fields of SAMPLE in order."""

ACK = np.dtype(
    [
        ("operation_id", "<u8"),
        ("key_hi", "<u8"),  # idempotency key, a UUID as two big-endian halves; 0, 0 where none was sent
        ("key_lo", "<u8"),
        ("intended_ns", "<i8"),
        ("sent_ns", "<i8"),  # when the intent was written, just before sending
        ("asked_fen", "<i8"),  # the amount asked; NO_AMOUNT where there is none
        ("terms", "<u8"),  # digest of the parties or the item asked for, see `answer_digest`; 0 where the target's file names none
        ("done_ns", "<i8"),  # 0 until answered
        ("shown_fen", "<i8"),  # the amount that the success showed; NO_AMOUNT until then, and where it shows none
        ("answer", "<u8"),  # digest of the effect id in the answer, see `answer_digest`; 0 where none
        ("customer", "<u4"),  # customer's number
        ("status", "<u2"),
        ("operation_index", "<u2"),
        ("attempt", "u1"),
        ("outcome", "u1"),  # Outcome, 0 until answered
        ("promise", "u1"),  # Promise, 0 until answered with success
        ("probe", "u1"),  # Probe
        ("code", "u1"),  # ReplyClass: how the answer stands to the idempotency rules
        ("site", "S1"),  # data centre that answered, as the answer said; empty where unknown
        ("reserved", "S1"),
        ("business", "S40"),  # business key: whom the effect is for, what, and in which period
        ("mark", "u1"),
    ]
)
"""One attempt of an effectful operation, 136 bytes. MARK_INTENT before it is sent, MARK_DONE once answered."""

ACK_STRUCT = struct.Struct("<QQQqqqQqqQIHHBBBBB1s1s40sB")
"""Packs the fields of ACK in order."""

SHOWN = np.dtype(
    [
        ("operation_id", "<u8"),
        ("subject", "<u8"),  # digest of an account, an effect's id, or item and batch, see `answer_digest`; 0 for the customer's own list
        ("sent_ns", "<i8"),
        ("done_ns", "<i8"),
        ("value", "<i8"),  # fen of a balance, a Standing, a count of rows, what is left, a score
        ("fen", "<i8"),  # of an effect; beside a score as of when it is, in ms; NO_AMOUNT where none is shown
        ("customer", "<u4"),
        ("operation_index", "<u2"),
        ("view", "u1"),  # which of the operation's views, or of its effect's details
        ("site", "S1"),  # as in an ACK
        ("reserved", "S7"),
        ("mark", "u1"),
    ]
)
"""What one read showed one customer, of a sample of them; 64 bytes. Of an effect's success: what it told of itself besides its amount,
`view` is which of its `tells`, `subject` its id and `value` the figure (`told_figure`)."""

SHOWN_STRUCT = struct.Struct("<QQqqqqIHB1s7sB")
"""Packs the fields of SHOWN in order."""

SHOWN_MOST = 1 << 14
"""So many a load process keeps at most."""

MARK_INTENT = 1
MARK_DONE = 2

FLAG_CENSORED = 1  # unanswered when the run drained: the latency is a lower bound
FLAG_NOT_SENT = 2  # the target kept it from being sent: connection refused or exhausted
FLAG_TIMEOUT = 4
FLAG_RESET = 8
FLAG_NEW_CONNECTION = 16
FLAG_PULSE = 32  # belongs to a drill's pulse, not to a journey
FLAG_UNSENT = 64  # the generator itself never sent it
FLAG_FINAL = 128  # no further attempt of this operation follows

CODE_NONE = 0
CODE_MISSING = 1  # the answer says: idempotency key missing
CODE_MISMATCH = 2  # the answer says: same key, other body
CODE_IN_PROGRESS = 3  # the answer says: this key is still running
CODE_EXPIRED = 4  # the answer says: the customer's token has run out, so nothing was done

REASONS = {
    "sold_out": 16,
    "insufficient": 17,
    "already": 18,
    "limit": 19,
    "too_early": 20,
    "ended": 21,
    "amount": 22,
    "expired": 23,
    "changed": 24,
    "not_entitled": 25,
}
"""Why an answer refuses, by the name in the target's file: stands where a CODE_* does, which a refusal has none of."""

NO_AMOUNT = -(1 << 63)

US_MAX = (1 << 32) - 1

STREAM_CROWD = 0
STREAM_PULSE = 1
STREAM_FOREIGN = 2  # ordinary Locust users beside the crowd
STREAM_SESSIONS = 3  # renewals and logouts, which are no operations of customers'

RECORDS_PER_BLOCK = 1 << 14


def operation_id(stream: int, arrival: int, step: int) -> int:
    """Operation id from its stream (STREAM_*), the number of its arrival (< 2**44) and its step in the journey (< 2**16).

    Depends on the seed's crowd only, so any number of workers gives the same ids.
    """
    return stream << 60 | arrival << 16 | step


def key_halves(key: int) -> tuple[int, int]:
    """The two halves under which a 128-bit idempotency key stands in an ACK."""
    return key >> 64, key & 0xFFFFFFFFFFFFFFFF


_no_text = blake2b(digest_size=8)
_first_64_bits = struct.Struct("<Q").unpack


def answer_digest(text: str | bytes) -> int:
    """64-bit digest of an effect id or of terms as an answer or a read-back row shows them, never 0: the same on every machine and run."""
    hashed = _no_text.copy()  # in two thirds of the time that a new one takes
    hashed.update(text if type(text) is bytes else text.encode())  # type: ignore[union-attr]  # what is not bytes is text
    digest: int = _first_64_bits(hashed.digest())[0]
    return digest or 1


def told_figure(value: object) -> int:
    """What an answer or a row tells, as a SHOWN record keeps it: a whole number of 64 bits as it is, else the digest of its text."""
    if isinstance(value, int) and not isinstance(value, bool) and -(1 << 63) < value < 1 << 63:
        return value
    return answer_digest(str(value)) >> 1


Slot = tuple[mmap.mmap, int]
"""Where a record stands, so that it can be completed later: its block, kept mapped by this reference, and the offset in it."""


class BlockWriter:
    """Appends fixed-width records to a mapped file. One writer per file; not thread-safe, but `count` may be asked from any thread.

    `append` is the plain way. The hot way, without a call per record: `turn` if `end` has reached `last`, pack a record into `block` at
    `end - start`, and move `end` on by the record's size.
    """

    def __init__(self, path: Path, record: struct.Struct, records_per_block: int = RECORDS_PER_BLOCK) -> None:
        """Creates the file. Raises OSError where it exists or the disk is full."""
        self._itemsize = record.size
        self._pack_into = record.pack_into
        # A mapping starts at a multiple of the page size, so a block is whole records and whole pages at once.
        whole = math.lcm(record.size, mmap.ALLOCATIONGRANULARITY)
        self._block_bytes = max(1, records_per_block * record.size // whole) * whole
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        self.start = self.end = self.last = 0
        self.turn()

    def turn(self) -> None:
        """Maps the next block. Raises OSError where the disk is full."""
        _reserve(self._fd, self.end, self._block_bytes)
        self.block = mmap.mmap(self._fd, self._block_bytes, offset=self.end)  # the old one is unmapped when its last Slot is gone
        self.start = self.end
        self.last = self.end + self._block_bytes

    def append(self, *fields: int | bytes) -> Slot:
        """Packs one record behind the others and tells where it stands. Raises OSError where the disk is full."""
        if self.end == self.last:
            self.turn()
        offset = self.end - self.start
        self._pack_into(self.block, offset, *fields)
        self.end += self._itemsize
        return self.block, offset

    @property
    def count(self) -> int:
        """Records appended so far."""
        return self.end // self._itemsize

    def close(self) -> None:
        """Cuts the reserved zeros off."""
        if self._fd >= 0:
            os.ftruncate(self._fd, self.end)
            os.close(self._fd)
            self._fd = -1


def _reserve(fd: int, start: int, length: int) -> None:
    """Makes sure the disk has the block, by the system's call or by writing zeros where there is none."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, start, length)
        return
    zeros = bytes(1 << 16)
    for position in range(start, start + length, len(zeros)):
        os.pwrite(fd, zeros[: min(len(zeros), start + length - position)], position)


Records = npt.NDArray[np.void]


def read_records(path: Path, dtype: np.dtype[np.void], start: int = 0) -> Records:
    """Records from number `start` on that count (mark not zero); a cut-off last record is left out."""
    found: Records = np.fromfile(path, dtype=dtype, offset=start * dtype.itemsize)
    counting: Records = found[found["mark"] != 0]
    return counting


def read_all(folder: Path, dtype: np.dtype[np.void]) -> Records:
    """All records of a folder's `*.bin` files, in one array; empty where there is none."""
    parts = [read_records(path, dtype) for path in sorted(folder.glob("*.bin"))]
    return np.concatenate(parts) if parts else np.empty(0, dtype)


def _behind(path: Path, dtype: np.dtype[np.void], start: int) -> Records:
    """All records from number `start` on, if there are such."""
    try:
        with path.open("rb") as file:
            file.seek(start * dtype.itemsize)
            count = (os.fstat(file.fileno()).st_size // dtype.itemsize) - start
            return np.fromfile(file, dtype=dtype, count=max(0, count))
    except OSError:
        return np.empty(0, dtype)


def follow(path: Path, dtype: np.dtype[np.void]) -> Iterator[Records]:
    """Yields, each time it is asked, the records that have come to the file since the last time (maybe none).

    Only for files whose records are complete once their mark is set (samples). Stops at the first record without a mark, since
    a writer fills them in order. A file that is not there, cannot be read, or is shorter than it was has nothing new: it is for looking
    on, and who judges reads it again.
    """
    start = 0
    while True:
        fresh = _behind(path, dtype, start)
        empty = np.flatnonzero(fresh["mark"] == 0)
        fresh = fresh[: empty[0]] if len(empty) else fresh
        start += len(fresh)
        yield fresh
