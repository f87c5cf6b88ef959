"""Processes under measurement: pinned to a core, their whole tree's CPU read, and ended whatever happens."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil


def cores() -> tuple[int, int]:
    """The core for the generator and the one for the target. Exits where this machine has only one, or cannot pin."""
    if not hasattr(os, "sched_getaffinity"):
        raise SystemExit("bench: processes are pinned to cores, which needs Linux")
    ours = sorted(os.sched_getaffinity(0))
    if len(ours) < 2:
        raise SystemExit("bench: two cores are needed, one for the generator and one for the target; this process may use one only")
    return ours[0], ours[-1]


def step_aside() -> None:
    """Keeps this process, which only looks on, off the generator's core."""
    os.sched_setaffinity(0, {cores()[1]})


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, within_s: float = 5.0) -> None:
    """Waits until somebody listens. Raises OSError where nobody does in time."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def started(
    command: list[str], core: int, environment: dict[str, str] | None = None, *, said: Path | None = None, cwd: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process on one core, with all its threads and children; ended with them on leaving. `said` receives what it says."""
    ours = os.sched_getaffinity(0)
    with (said or Path(os.devnull)).open("wb") as output:
        os.sched_setaffinity(0, {core})  # inherited by the child before it begins
        try:
            process = subprocess.Popen(
                command,
                env=os.environ | (environment or {}),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - this process has one thread
            )
        finally:
            os.sched_setaffinity(0, ours)
    try:
        yield process
    finally:
        end(process)


_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """In the child: no load goes on without the bench that asked for it, however that ended."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))


def end(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and its children at once."""
    for member in family(process.pid):
        with suppress(psutil.NoSuchProcess):
            member.kill()
    process.wait()


def family(pid: int) -> list[psutil.Process]:
    """The process and all its descendants, as far as they live."""
    try:
        head = psutil.Process(pid)
        return [head, *head.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_s(pid: int) -> float:
    """CPU seconds of the whole tree so far, of children that have ended and been waited for too."""
    total = 0.0
    for member in family(pid):
        with suppress(psutil.NoSuchProcess):
            times = member.cpu_times()
            total += times.user + times.system + (times.children_user + times.children_system)
    return total


def memory_mb(pid: int) -> tuple[float, float]:
    """Memory of a process that is its own, and that which only mirrors files (page cache, which the system takes back at will)."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    kib = {name: float(value.split()[0]) for name, value in (line.split(":", 1) for line in lines) if name.startswith("Rss")}
    return kib["RssAnon"] / 1024, (kib["RssFile"] + kib["RssShmem"]) / 1024
