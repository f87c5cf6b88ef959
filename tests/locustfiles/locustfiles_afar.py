"""What the tests of several machines share: a master and workers as real processes that have no folder in common."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from loopback import free_port

from scenarios.plan.scenario import Scenario
from scenarios.run.events import Event, FactsT, of_kind
from scenarios.run.folder import Plan, Run, create_run, fix_t0
from scenarios.run.handover import EXPECTED_WORKERS_VARIABLE, RUN_VARIABLE
from scenarios.run.worker_roster import WorkerRoster, read_roster
from scenarios.target.model import Target
from stormdrill.rehearsal.load_processes import CAMPAIGN

Process = subprocess.Popen[str]


class Afar:
    """A master with a run folder, and workers each with a working directory and a TMPDIR of its own."""

    def __init__(self, folder: Path, to: Target, what: Scenario, workers: int) -> None:
        """Starts the master; it waits for its workers."""
        self._folder = folder
        self.run, self.plan = create_run(what, to, seed=3, workers=workers, out=folder / "master")
        self.port = free_port()
        options = ["--headless", "--master", "--master-bind-host", "127.0.0.1", "--master-bind-port", str(self.port)]
        own = {RUN_VARIABLE: str(self.run.folder), EXPECTED_WORKERS_VARIABLE: str(workers)}
        self.processes: list[Process] = []
        self.master = self._start([sys.executable, "-m", "locust", "-f", str(CAMPAIGN), *options], self.run.folder, own)

    def _start(self, command: list[str], folder: Path, own: dict[str, str]) -> Process:
        log = (self._folder / f"process-{len(self.processes)}.log").open("w")
        environment = os.environ | {"TMPDIR": str(folder)} | own
        self.processes.append(subprocess.Popen(command, env=environment, cwd=folder, stdout=log, stderr=subprocess.STDOUT, text=True))
        log.close()
        return self.processes[-1]

    def worker(self, **own: str) -> Process:
        """Starts a worker, as its user would, with some environment of its own."""
        folder = self._folder / f"worker-{len(self.processes)}"
        folder.mkdir()
        call = ["work", "--master-host", "127.0.0.1", "--master-port", str(self.port), "--wait", "180"]
        return self._start([sys.executable, "-m", "stormdrill", *call], folder, own)

    def said(self, process: Process) -> str:
        """What a process has written."""
        return (self._folder / f"process-{self.processes.index(process)}.log").read_text("utf-8")

    def roster(self) -> WorkerRoster:
        """Who is there."""
        return read_roster(self.run) or WorkerRoster(expected=1)

    def begin(self, lead_s: float = 3.0) -> tuple[Run, Plan]:
        """What the door does once all are there: fixes T0."""
        until(lambda: self.roster().complete, "all workers are there", self.everything)
        self.plan = fix_t0(self.run, self.plan, lead_s=lead_s)
        return self.run, self.plan

    @property
    def now_s(self) -> float:
        """Seconds since T0."""
        return (time.monotonic_ns() - self.plan.t0_monotonic_ns) / 1e9

    def events(self, kind: type[FactsT]) -> list[Event[FactsT]]:
        """Those of one kind."""
        return of_kind(self.run.events(), kind)

    def everything(self) -> str:
        """What all processes have written."""
        return "\n".join(f"--- {' '.join(map(str, process.args))}\n{self.said(process)}" for process in self.processes)

    def end(self) -> list[int]:
        """Waits for all; their exit codes, the master's first."""
        return [process.wait(timeout=180) for process in self.processes]


@contextmanager
def afar(folder: Path, to: Target, what: Scenario, workers: int) -> Iterator[Afar]:
    """A master; at the end nothing of it or its workers is left."""
    found = Afar(folder, to, what, workers)
    try:
        yield found
    finally:
        for process in found.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()


def until(holds: Callable[[], object], what: str, more: Callable[[], str] = str, deadline_s: float = 180) -> None:
    """Waits for something to hold; fails with its name at the deadline."""
    deadline = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < deadline, f"not within {deadline_s} s: {what}\n{more()}"
        time.sleep(0.05)


class Cable:
    """A way to the master that can be pulled out and plugged in again."""

    def __init__(self, to: int) -> None:
        """Leads to a port of loopback."""
        self._to = to
        self._plugged = True
        self._ends: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self) -> Self:
        """Plugged in."""
        return self

    def __exit__(self, *_: object) -> None:
        """Rolls it up."""
        self._server.close()
        self.pull()

    def pull(self) -> None:
        """Breaks all connections; new ones are closed at once."""
        self._plugged = False
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def plug(self) -> None:
        """Lets new connections through."""
        self._plugged = True

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._server.accept()
                try:
                    there = socket.create_connection(("127.0.0.1", self._to if self._plugged else 0))
                except OSError:
                    here.close()
                    continue
                self._ends += [here, there]
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=_carry, args=(one, other), daemon=True).start()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
