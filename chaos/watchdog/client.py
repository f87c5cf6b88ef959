"""The door's end of the watchdog: starts it, asks it, hears whether it lives."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import orjson
from pydantic import JsonValue

from chaos.errors import ChaosError, WatchdogLost
from chaos.fault import Fault
from chaos.handles.process import me
from chaos.target_handles import Reach
from chaos.watchdog.active_fault import FaultState
from chaos.watchdog.lease import Leases
from scenarios.plugins import PROJECT
from scenarios.run.folder import Plan, Run

LEASE_S = 20.0
"""How long the watchdog waits for a sign of life before it undoes everything."""

_BEAT_S = 1.0
_START_S = 20.0
_ASK_S = 40.0  # an undo may take three tries of some seconds each
_FINISH_S = 150.0  # more than the watchdog gives itself
_LAST_S = 30.0


class Watchdog:
    """A running watchdog. Its methods may be called from any thread."""

    def __init__(
        self, reach: Reach, *, leases: Path | None = None, lease_s: float = LEASE_S, run: Run | None = None, t0_ns: int = 0
    ) -> None:
        """Starts the process and waits until it is ready.

        Raises:
            ChaosError: it does not start; says why.
        """
        here, there = socket.socketpair()
        self._link = here
        self._rest = b""
        self._sending, self._asking = threading.Lock(), threading.Lock()
        self._number = 0
        self._lost = ""
        self._stopped = threading.Event()
        with there:
            self.process = _spawn(there, run.folder / "logs" / "watchdog.log" if run else None)
        events = run.events_folder if run else None
        self._greet(reach, Leases(leases).folder, lease_s, events, t0_ns)
        self._beating = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._beating.start()

    def _greet(self, reach: Reach, leases: Path, lease_s: float, events: Path | None, t0_ns: int) -> None:
        door = me()
        hello = {"door_pid": door.pid, "door_started": door.started, "events": events, "t0_ns": t0_ns, "leases": leases, "lease_s": lease_s}
        try:
            self._send({**hello, "reach": reach.model_dump(mode="json")})
            ready = self._receive(0, _START_S)
        except WatchdogLost as error:
            self._give_up()
            raise ChaosError(f"the watchdog does not start: {error}") from None
        if "error" in ready:
            self._give_up()
            raise ChaosError(f"the watchdog does not start: {ready['error']}")

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def alive(self) -> bool:
        """Whether it lives and can be asked. When it does not, stop the run and call `chaos.heal`."""
        return not self._lost and self.process.poll() is None

    def inject(self, fault: Fault, drill: str = "", *, zero: bool = True) -> FaultState:
        """Has a fault injected; returns when the injection call is over, its effect maybe not shown yet.

        `zero` says whether the drill's recovery clock starts with it.

        Raises:
            ChaosError: it was refused or failed (and was taken back). WatchdogLost: nobody can be asked.
        """
        return self._state(self._ask("inject", fault=fault.kind(), drill=drill, zero=zero, parameters=fault.model_dump(mode="json")))

    def undo(self, lease: str) -> FaultState:
        """Has a fault taken back; returns when the undo call is over, health maybe not back yet. Raises as `inject`."""
        return self._state(self._ask("undo", lease=lease))

    def states(self) -> list[FaultState]:
        """All faults so far, in the order of their injection. Raises WatchdogLost."""
        return self._states(self._ask("states"))

    def close(self) -> list[FaultState]:
        """Has everything undone in reverse order, waits for its health, and ends the process; returns how each fault ended.

        Called again it does nothing.

        Raises:
            WatchdogLost: it is dead or does not end; call `chaos.heal`.
        """
        if self._stopped.is_set():
            return []
        try:
            if self._lost:
                raise WatchdogLost(f"the watchdog {self._lost}")
            return self._states(self._ask("finish", deadline_s=_FINISH_S))
        finally:
            self._give_up()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes it; what it could not undo stays as a leftover."""
        with contextlib.suppress(WatchdogLost):
            self.close()

    def _give_up(self) -> None:
        """Hangs up; a watchdog that lives hears that, undoes what is left and ends. One that does not is killed, so that others heal."""
        self._stopped.set()
        self._link.close()
        try:
            self.process.wait(_LAST_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _beat(self) -> None:
        while not self._stopped.wait(_BEAT_S):
            try:
                self._send({"id": -1, "do": "beat"})
            except WatchdogLost:
                return

    def _ask(self, do: str, *, deadline_s: float | None = None, **more: JsonValue) -> dict[str, JsonValue]:
        with self._asking:
            self._number += 1
            self._send({"id": self._number, "do": do, **more})
            answer = self._receive(self._number, deadline_s or _ASK_S)
        if "error" in answer:
            raise ChaosError(str(answer["error"]))
        return answer

    def _send(self, message: dict[str, object]) -> None:
        try:
            with self._sending:
                self._link.sendall(orjson.dumps(message, default=str) + b"\n")
        except OSError as error:
            raise self._mourn(f"cannot be asked: {error.strerror}") from None

    def _receive(self, number: int, deadline_s: float) -> dict[str, JsonValue]:
        until = time.monotonic() + deadline_s
        while True:
            line, found, rest = self._rest.partition(b"\n")
            if found:
                self._rest = rest
                answer = cast("dict[str, JsonValue]", orjson.loads(line))
                if answer["id"] == number:
                    return answer
                continue  # the late answer to a question that was given up
            self._link.settimeout(max(0.001, until - time.monotonic()))
            try:
                data = self._link.recv(1 << 16)
            except TimeoutError:
                raise self._mourn(f"does not answer within {deadline_s:g} s") from None
            except OSError as error:
                raise self._mourn(f"cannot be heard: {error.strerror}") from None
            if not data:
                raise self._mourn(f"is gone (exit code {self._code()})")
            self._rest += data

    def _mourn(self, reason: str) -> WatchdogLost:
        self._lost = self._lost or reason
        return WatchdogLost(f"the watchdog {reason}")

    def _code(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(2)
        return None

    @staticmethod
    def _state(answer: dict[str, JsonValue]) -> FaultState:
        return FaultState.model_validate(answer["state"])

    @staticmethod
    def _states(answer: dict[str, JsonValue]) -> list[FaultState]:
        return [FaultState.model_validate(state) for state in cast("list[JsonValue]", answer["states"])]


def start_watchdog(run: Run, plan: Plan, *, leases: Path | None = None, lease_s: float = LEASE_S) -> Watchdog:
    """The watchdog of a run whose T0 is fixed and whose target's holes are filled by the plan's statics. Raises ChaosError, BadInput."""
    if not plan.t0_monotonic_ns:
        raise ChaosError("the watchdog can be started once T0 is fixed")
    return Watchdog(Reach.of(plan.target, plan.statics), leases=leases, lease_s=lease_s, run=run, t0_ns=plan.t0_monotonic_ns)


def _spawn(link: socket.socket, log: Path | None) -> "subprocess.Popen[bytes]":
    """A process in a session of its own: neither Ctrl-C nor the end of the terminal reaches it."""
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    with (log or Path(os.devnull)).open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "chaos.watchdog.process", str(link.fileno())],
            pass_fds=(link.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )
