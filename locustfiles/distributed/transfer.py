"""Carries the files of a load process to its master: in order, each batch once, a bounded number of bytes under way.

Where the other side is slow or gone the batches wait in the local files: the disk is the buffer. Whoever writes them never notices.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

import gevent
import numpy as np
from gevent.event import Event

from locustfiles.distributed.file_tail import Batch, FileTail
from locustfiles.distributed.messages import FileBatch
from scenarios.errors import BadInput
from scenarios.run.folder import Run
from scenarios.run.records import ACK

WINDOW_BYTES = 1 << 21
WINDOW_BATCHES = 64
"""Locust's sockets hold a thousand messages, and what is sent again takes its place there too."""

RESEND_S = 2.0
_POLL_S = 0.1
_NUMBER_BYTES = 8


class FileSender:
    """The sending side. `send` may raise or lose what it is given; what is not acknowledged is sent again."""

    def __init__(
        self, followed: Sequence[FileTail], send: Callable[[FileBatch], None], window: int = WINDOW_BYTES, resend_s: float = RESEND_S
    ) -> None:
        """Starts sending at once, in a greenlet of its own."""
        self._followed = followed
        self._send = send
        self._window = window
        self._resend_s = resend_s
        self._under_way: deque[tuple[int, FileBatch, int]] = deque()
        self._bytes = 0
        self._next = 0
        self._moved_s = time.monotonic()
        self._room = Event()
        self._ending = False
        self._last_round = Event()
        self._work = gevent.spawn(self._run)

    @property
    def bytes_under_way(self) -> int:
        """Sent and not acknowledged."""
        return self._bytes

    def acknowledged(self, upto: int) -> None:
        """The other side has all batches before this number."""
        while self._under_way and self._under_way[0][0] < upto:
            self._bytes -= self._under_way.popleft()[2]
            self._moved_s = time.monotonic()
        self._room.set()

    def finish(self, within_s: float) -> bool:
        """Sends what there is left, once nobody writes any more; whether all of it was acknowledged in that time."""
        self._ending = True
        self._last_round.set()
        self._work.join(timeout=within_s)
        return bool(self._work.successful()) and not self._under_way

    def close(self) -> None:
        """Sends no more."""
        self._work.kill()

    def _run(self) -> None:
        last = False
        while not last:
            last = self._ending
            for tail in self._followed:
                for batch in tail.batches():
                    self._ship(batch)
            self._send_again()
            self._last_round.wait(None if last else _POLL_S)
        while self._under_way:
            self._wait()

    def _ship(self, batch: Batch) -> None:
        size = len(batch.data) + len(batch.rows)
        while self._under_way and (self._bytes + size > self._window or len(self._under_way) >= WINDOW_BATCHES):
            self._wait()
        message = FileBatch(seq=self._next, file=batch.file, at=batch.at, rows=batch.rows, data=batch.data)
        if not self._under_way:
            self._moved_s = time.monotonic()
        self._under_way.append((self._next, message, size))
        self._bytes += size
        self._next += 1
        self._send(message)

    def _wait(self) -> None:
        """For an acknowledgement, a while."""
        self._room.clear()
        self._room.wait(_POLL_S)
        self._send_again()

    def _send_again(self) -> None:
        """All that is under way, in order, where nothing has moved for long."""
        if self._under_way and time.monotonic() - self._moved_s > self._resend_s:
            self._moved_s = time.monotonic()
            for _, message, _ in list(self._under_way):
                self._send(message)


class FileReceiver:
    """The receiving side: writes the files of one load process into a run folder."""

    def __init__(self, run: Run, writer: str) -> None:
        """Only that writer's own files may be written."""
        self._folder = run.folder
        own = f"{writer}-foreign"  # of users of one's own beside the crowd
        both = [name.format(one) for one in (writer, own) for name in ("samples/{}.bin", "events/{}.jsonl")]
        self._allowed = {f"acks/{writer}.bin", f"shown/{writer}.bin", *both}
        self._files: dict[str, _Growing] = {}
        self._next = 0

    def take(self, batch: FileBatch) -> int:
        """Writes a batch, if it is the one whose turn it is; gives the number of the batch that is next.

        Raises:
            BadInput: it is none of this writer's, or does not fit to what is there.
            OSError: the disk is full.
        """
        if batch.seq != self._next:
            return self._next
        if batch.file not in self._allowed:
            raise BadInput(f"a batch for {batch.file!r} is not this worker's to send")
        if batch.file not in self._files:
            self._files[batch.file] = _Growing(self._folder / batch.file)
        file = self._files[batch.file]
        if batch.rows:
            file.complete(batch.rows, batch.data)
        else:
            file.append(batch.at, batch.data)
        self._next += 1
        return self._next

    def close(self) -> None:
        """Ends the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()


class _Growing:
    """A file that grows at its end, and whose records are completed where they stand."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._bytes = 0

    def append(self, at: int, data: bytes) -> None:
        if at != self._bytes:
            raise BadInput(f"a batch at byte {at} does not follow the {self._bytes} that are there")
        self._write(data, at)
        self._bytes += len(data)

    def complete(self, rows: bytes, data: bytes) -> None:
        size, count = ACK.itemsize, len(rows) // _NUMBER_BYTES
        if len(rows) != count * _NUMBER_BYTES or len(data) != count * size:
            raise BadInput(f"{len(data)} bytes of records do not fit {len(rows)} bytes of their numbers")
        for number, row in enumerate(np.frombuffer(rows, "<i8").tolist()):
            if not 0 <= row < self._bytes // size:
                raise BadInput(f"record {row} is not among the {self._bytes // size} that are there")
            self._write(data[number * size : (number + 1) * size], row * size)

    def _write(self, data: bytes, at: int) -> None:
        done = 0
        while done < len(data):
            done += os.pwrite(self._fd, data[done:], at + done)

    def close(self) -> None:
        os.close(self._fd)
