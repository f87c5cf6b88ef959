"""The load, seen from the door: Locust as processes of their own, watched, and stopped in bounded time."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO

from scenarios.errors import BadInput, StormdrillError, error_of
from scenarios.plugins import PROJECT
from scenarios.run.folder import Run
from scenarios.run.handover import EXPECTED_WORKERS_VARIABLE, PARENT_VARIABLE, RUN_VARIABLE, ProcessStage, read_state, read_states
from scenarios.run.worker_roster import WorkerRoster, read_roster
from scenarios.target.secrets import crowd_environment
from stormdrill.rehearsal.interrupts import started

_READY_S = 300.0
_READY_POLL_S = 0.02
_STOP_S = 20
_MOST_WORDS = 300
_POLL_S = 0.2
CAMPAIGN = PROJECT / "locustfiles" / "campaign.py"
LOOPBACK = "127.0.0.1"
MASTER_PORT = 5557
_SERVERS_PORTS = range(10_000, 15_000)  # below those of a world


@dataclass(frozen=True, slots=True)
class RemoteWorkers:
    """Where workers of other machines reach the master, and how long they are waited for."""

    bind_host: str = LOOPBACK
    port: int = MASTER_PORT
    wait_s: float = 300.0

    @property
    def join_command(self) -> str:
        """What is to be called on the other machines."""
        named = self.bind_host if self.bind_host not in ("*", "0.0.0.0", "::") else socket.gethostname()  # noqa: S104 - read, not bound
        return f"stormdrill work --master-host {named}" + ("" if self.port == MASTER_PORT else f" --master-port {self.port}")

    def check(self) -> None:
        """Raises BadInput where nobody can listen there."""
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("" if self.bind_host == "*" else self.bind_host, self.port))
        except OSError as error:
            raise BadInput(f"no master can listen on {self.bind_host}:{self.port} ({error.strerror}); name another --master-port") from None


def free_port() -> int:
    """A port that nobody has just now, of those that the system gives to no connection.

    Else one of the crowd's may have it before the server does, and a worker that calls too early is connected to itself.

    Raises:
        StormdrillError: there is none.
    """
    for port in random.sample(_SERVERS_PORTS, len(_SERVERS_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("", port))
            return port
    raise StormdrillError(f"no free port between {_SERVERS_PORTS[0]} and {_SERVERS_PORTS[-1]}")


@dataclass
class Load:
    """Locust processes of one run. The first is the one that decides: the only one, or the master."""

    run: Run
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _log: IO[bytes] | None = None
    _decides: str = "load-0"
    _killed: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, workers: int, *, web_port: int | None = None) -> None:
        """Starts them; they build what does not need T0, and wait for it by themselves."""
        command = ["--autostart", "--autoquit", "0", "--web-port", str(web_port), "--web-host", LOOPBACK] if web_port else ["--headless"]
        if workers > 1:
            port = str(free_port())  # Locust's own is fixed, and may be another's
            command += ["--processes", str(workers), "--master-bind-host", LOOPBACK, "--master-bind-port", port]
            command += ["--master-host", LOOPBACK, "--master-port", port]
            self._decides = "master"
        self._start(command, {})

    def await_ready(self) -> None:
        """Waits until those of this machine have said that they are ready, so that T0 may be fixed.

        Raises:
            BadInput: one cannot do its work by the user's mistake.
            StormdrillError: one cannot for another reason, or has not got ready in time.
        """
        deadline = time.monotonic() + _READY_S
        while (state := read_state(self.run, self._decides)) is None or state.stage is ProcessStage.ENDED:
            if state is not None or self.ended:
                words = self.last_words() or "it gave no reason; see logs/locust.log"
                raise error_of(state.exit_code if state else 0)(f"the load cannot be made: {words}")
            if time.monotonic() > deadline:
                raise StormdrillError(f"the load processes did not get ready within {_READY_S:g} s; see logs/locust.log")
            time.sleep(_READY_POLL_S)

    def await_workers(self, workers: int, remote: RemoteWorkers, tell: Callable[[str], None]) -> None:
        """Starts the master alone and waits for its workers from elsewhere; they wait for T0, which may be fixed then.

        Raises:
            StormdrillError: the master cannot be, or not all workers have come in time.
        """
        command = ["--headless", "--master", "--master-bind-host", remote.bind_host, "--master-bind-port", str(remote.port)]
        self._decides = "master"
        self._start(command, {EXPECTED_WORKERS_VARIABLE: str(workers)})
        tell(f"waiting for {workers} workers; on each of their machines call:")
        tell(remote.join_command)
        deadline, told = time.monotonic() + remote.wait_s, WorkerRoster(expected=workers)
        while not told.complete:
            if self.ended:
                raise StormdrillError(f"the master did not stay: {self.last_words() or 'it gave no reason; see logs/locust.log'}")
            if time.monotonic() > deadline:
                raise StormdrillError(f"{told.text} came within {remote.wait_s:g} s; call on the others' machines: {remote.join_command}")
            time.sleep(_POLL_S)
            roster = self.roster() or told
            for sentence in roster.refused[len(told.refused) :]:
                tell(f"worker {sentence}")
            if roster.there != told.there:
                tell(f"{roster.text}: {', '.join(roster.there) or 'nobody'}")
            told = roster

    def roster(self) -> WorkerRoster | None:
        """Which workers from elsewhere are there; None where none are expected."""
        return read_roster(self.run)

    def _start(self, options: list[str], environment: dict[str, str]) -> None:
        self._log = (self.run.folder / "logs" / "locust.log").open("ab")
        command = [sys.executable, "-m", "locust", "-f", str(CAMPAIGN), *options]
        # A session of its own: Ctrl-C reaches the door alone, which stops the load in order.
        self.processes.append(
            started(
                command,
                env=crowd_environment(self.run.plan().target)
                | {RUN_VARIABLE: str(self.run.folder), PARENT_VARIABLE: str(os.getpid())}
                | environment,
                cwd=self.run.folder,
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
        )

    @property
    def ended(self) -> bool:
        """Whether all are gone."""
        return all(process.poll() is not None for process in self.processes)

    @property
    def failures(self) -> list[tuple[str, int]]:
        """Name and exit code of processes that ended badly by themselves."""
        badly = [process for process in self.processes if process.returncode and process not in self._killed]
        return [(self._decides, process.returncode) for process in badly]

    def stop(self) -> None:
        """Asks all to end in order, and ends those that do not within their time."""
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        deadline = time.monotonic() + _STOP_S
        for process in self.processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_STOP_S)
        if self._log:
            self._log.close()

    def kill(self) -> None:
        """Ends all at once, and what they have started. None of them has failed by that."""
        for process in self.processes:
            if process.poll() is None:
                self._killed.append(process)
                os.killpg(process.pid, signal.SIGKILL)  # each leads a session of its own
        self.stop()

    def last_words(self) -> str:
        """Why a process could not do its work, as it said itself; empty where none said so."""
        failures = [f"{name}: {state.failure}" for name, state in read_states(self.run).items() if state.failure]
        return failures[0][:_MOST_WORDS] if failures else ""
