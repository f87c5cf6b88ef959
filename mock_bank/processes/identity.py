"""Processes by pid *and* start time, so that a pid which the system has given to someone else is never touched."""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mock_bank.processes.plain_files import read_plain

# What `started` means: field 22 of /proc/<pid>/stat (clock ticks since boot) where there is one, for no clock adjustment moves it.
STARTED_UNIT = "proc-stat-22" if sys.platform == "linux" else "create-time-cs"
_POLL_S = 0.01


@dataclass(frozen=True, slots=True)
class Identity:
    """One process of this boot, never to be mistaken for a later one with its pid."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The process that has this pid now, if there is one."""
        started = start_mark(pid)
        return None if started is None else cls(pid, started)

    def alive(self) -> bool:
        """Whether it still runs; a zombie does not."""
        return start_mark(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Send it a signal; a process that is gone is left alone."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def start_mark(pid: int) -> int | None:
    """When the process was started, in `STARTED_UNIT`; None if there is none or it is a zombie."""
    if STARTED_UNIT == "proc-stat-22":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
        except OSError:
            return None
        fields = stat[stat.rindex(")") + 2 :].split()  # the name may hold blanks and brackets
        return None if fields[0] in "ZX" else int(fields[19])
    import psutil  # noqa: PLC0415 - where there is /proc it is seldom needed, and every process of a world is started while somebody waits

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else round(process.create_time() * 100)
    except psutil.Error:
        return None


def children(pid: int) -> list[Identity]:
    """The processes whose parent has this pid."""
    import psutil  # noqa: PLC0415 - as above

    try:
        found = psutil.Process(pid).children()
    except psutil.Error:
        return []
    return [identity for child in found if (identity := Identity.of(child.pid))]


def working_in(folder: Path) -> list[Identity]:
    """The processes whose current folder is `folder`: every process of a PostgreSQL server stands in its data folder, and no other does."""
    import psutil  # noqa: PLC0415 - as above

    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.cwd() == str(folder) and (identity := Identity.of(process.pid)):
                found.append(identity)
    return found


def wait_gone(identities: Iterable[Identity], timeout_s: float) -> list[Identity]:
    """Wait until none of them runs; those that still do after `timeout_s` are returned."""
    deadline = time.monotonic() + timeout_s
    left = [identity for identity in identities if identity.alive()]
    while left and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        left = [identity for identity in left if identity.alive()]
    return left


def end(identities: Sequence[Identity], number: int, timeout_s: float) -> list[Identity]:
    """Send all of them a signal and wait; those that still run are returned."""
    for identity in identities:
        identity.signal(number)
    return wait_gone(identities, timeout_s)


def end_for_good(identities: Sequence[Identity]) -> list[Identity]:
    """SIGKILL, which a stopped process obeys too; returned is what even that did not end within 5 s."""
    return end(identities, signal.SIGKILL, 5.0)


class PidFile:
    """The world's own list of the processes it has started: what a later world may clean up, and nothing else."""

    def __init__(self, path: Path) -> None:
        """One JSON line a process; the file need not be there."""
        self._path = path

    def add(self, name: str, identity: Identity) -> None:
        """Note a process right after its start."""
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"name": name, **asdict(identity)}) + "\n")

    def alive(self) -> list[Identity]:
        """Those that still run."""
        return [identity for _, identity in self._read() if identity.alive()]

    def named(self) -> dict[str, Identity]:
        """Those that still run, by the names they were started under; of two with one name the later."""
        return {name: identity for name, identity in self._read() if identity.alive()}

    def damage(self) -> str:
        """Why it may not tell of all that was noted; empty where it does."""
        try:
            *whole, _ = read_plain(self._path).split("\n")
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"cannot be read: {(error.strerror or type(error).__name__).lower()}"
        return "" if all(map(_noted, whole)) else "was changed"

    def _read(self) -> list[tuple[str, Identity]]:
        """All that was noted; a line cut off by a crash is passed over."""
        with contextlib.suppress(OSError):
            noted = (_noted(line) for line in read_plain(self._path).splitlines())
            return [entry for entry in noted if entry]
        return []


def _noted(line: str) -> tuple[str, Identity] | None:
    try:
        record = json.loads(line)
        return str(record["name"]), Identity(int(record["pid"]), int(record["started"]))
    except (ValueError, KeyError, TypeError):
        return None
