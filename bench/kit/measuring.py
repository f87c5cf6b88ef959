"""One measurement: a generator is started, has a moment to run evenly, and is looked at over a window, from outside."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.kit.processes import cpu_s
from bench.kit.stub import Stub

_STARTS_WITHIN_S = 60.0


@dataclass(frozen=True)
class Job:
    """What a generator is asked to do."""

    work: str
    stub: Stub
    core: int
    folder: Path
    customers: int = 100
    think_s: float = 0.0  # median pause between two questions of the journey; the 95th percentile is three of them
    lasts_s: float = 60.0  # by when it must have ended by itself, should nobody end it
    path: str = ""  # how all paths begin; the engine alone knows this
    tls: bool = False  # k6 takes HTTP/2 then, as the stub would have it
    http2: bool = False  # for the engine, which takes HTTP/1.1 else

    @property
    def base(self) -> str:
        """Where the stub is."""
        return f"https://127.0.0.1:{self.stub.tls_port}" if self.tls else f"http://127.0.0.1:{self.stub.port}"


@dataclass(frozen=True)
class Window:
    """What was seen between two moments."""

    begin_ns: int  # on the monotonic clock
    end_ns: int
    requests: int  # answered by the stub
    cpu_s: float  # of the generator's whole process tree
    stub_cpu_s: float
    blur_ns: int = 0  # how long the target took to tell its count, at both ends together

    @property
    def lasted_s(self) -> float:
        """Seconds between the two."""
        return (self.end_ns - self.begin_ns) / 1e9

    @property
    def per_cpu_s(self) -> float:
        """Requests per CPU-second of the generator."""
        return self.requests / self.cpu_s

    @property
    def share(self) -> float:
        """The generator's share of a core."""
        return self.cpu_s / self.lasted_s

    @property
    def stub_share(self) -> float:
        """The stub's."""
        return self.stub_cpu_s / self.lasted_s


def look(process: subprocess.Popen[bytes], stub: Stub, *, warm_s: float, seconds: float, begin: Callable[[], bool] | None = None) -> Window:
    """Waits for the first requests (or for `begin`), lets it warm up, and measures over `seconds`.

    Raises:
        SystemExit: it made no request, or ended before the window did.
    """
    before = stub.requests()
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while not (begin() if begin else stub.requests() > before):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"bench: {_name(process)} made no request at all; what it said is above, if anything")
        time.sleep(0.05)
    time.sleep(warm_s)
    first = _mark(process, stub)
    time.sleep(seconds)
    last = _mark(process, stub)
    if process.poll() is not None:
        raise SystemExit(f"bench: {_name(process)} ended with code {process.returncode} before it was told to")
    window = Window(first[0], last[0], last[1] - first[1], last[2] - first[2], last[3] - first[3], first[4] + last[4])
    if not window.requests or not window.cpu_s:
        raise SystemExit(f"bench: {_name(process)} came to a standstill; is this machine busy with something else?")
    return window


def _mark(process: subprocess.Popen[bytes], stub: Stub) -> tuple[int, int, float, float, int]:
    before_ns = time.monotonic_ns()
    count = stub.requests()
    after_ns = time.monotonic_ns()
    return (before_ns + after_ns) // 2, count, cpu_s(process.pid), stub.cpu_s(), after_ns - before_ns


def _name(process: subprocess.Popen[bytes]) -> str:
    return " ".join(str(word) for word in process.args[:3]) if isinstance(process.args, list) else str(process.args)
