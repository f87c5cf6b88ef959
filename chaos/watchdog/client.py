"""The door's end of the watchdog: starts it, asks it, hears whether it lives."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from chaos.errors import ChaosError, WatchdogLost
from chaos.fault import Fault
from chaos.handles.process import me
from chaos.target_handles import Handles
from chaos.watchdog.lease import Leases
from chaos.watchdog.protocol import (
    ENDED_S,
    STOP,
    AllFaults,
    Beat,
    Channel,
    FaultStatus,
    Finish,
    Hello,
    Inject,
    ListFaults,
    Malformed,
    OneFault,
    Question,
    Ready,
    Refusal,
    Undo,
    parse_answer,
)
from chaos.watchdog.starting import SignsOfLife
from scenarios.plugins import PROJECT
from scenarios.run.folder import Plan, Run
from scenarios.strict import Strict

Answer = Ready | OneFault | AllFaults | Refusal

LEASE_S = 20.0
"""How long the watchdog waits for a sign of life before it undoes everything."""

_BEAT_S = 1.0
_START_SILENT_S = 20.0  # neither a word of it nor a sign that it comes up
_START_LOOK_S = 0.5
_START_MOST_S = 300.0
_ASK_S = 40.0  # an undo may take three tries of some seconds each
_LAST_S = 30.0


class WatchdogClient:
    """A running watchdog. Its methods may be called from any thread."""

    def __init__(
        self, handles: Handles, *, leases: Path | None = None, lease_s: float = LEASE_S, run: Run | None = None, t0_ns: int = 0
    ) -> None:
        """Starts the process and waits until it is ready.

        Raises:
            ChaosError: it does not start; says why.
        """
        here, there = socket.socketpair()
        self._channel = Channel(here)
        self._sending, self._asking = threading.Lock(), threading.Lock()
        self._number = 0
        self._lost = ""
        self._stopped = threading.Event()
        with there:
            self.process = _spawn(there, run.folder / "logs" / "watchdog.log" if run else None)
        door = me()
        self._greet(
            Hello(
                door_pid=door.pid,
                door_started=door.started,
                events=run.events_folder if run else None,
                t0_ns=t0_ns,
                leases=Leases(leases).folder,
                lease_s=lease_s,
                handles=handles,
            )
        )
        self._beating = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._beating.start()

    def _greet(self, hello: Hello) -> None:
        try:
            self._send(hello)
            ready = self._first_word()
        except WatchdogLost as error:
            self._give_up()
            raise ChaosError(f"the watchdog does not start: {error}") from None
        if not isinstance(ready, Ready):
            self._give_up()
            raise ChaosError(f"the watchdog does not start: {ready.reason if isinstance(ready, Refusal) else 'it says no word of it'}")

    def _first_word(self) -> Answer:
        """However long it takes, as long as it shows signs of life and the most of all is not over."""
        signs, until = SignsOfLife(self.pid), time.monotonic() + _START_MOST_S
        while (silent_s := signs.silent_s()) < _START_SILENT_S and time.monotonic() < until:
            answer = self._heard(0, _START_LOOK_S)
            if answer is not None:
                return answer
        if silent_s >= _START_SILENT_S:
            raise self._mourn(f"shows no sign of life for {_START_SILENT_S:g} s")
        raise self._mourn(f"does not answer within {_START_MOST_S:g} s")

    @property
    def pid(self) -> int:
        """Its process."""
        return self.process.pid

    def alive(self) -> bool:
        """Whether it lives and can be asked. When it does not, stop the run and call `chaos.heal`."""
        return not self._lost and self.process.poll() is None

    def inject(self, fault: Fault, drill: str = "", strike: str = "", *, starts_clock: bool = True) -> FaultStatus:
        """Has a fault injected; returns when the injection call is over, its effect maybe not shown yet.

        `starts_clock` says whether the drill's recovery clock starts with it.

        Raises:
            ChaosError: it was refused or failed (and was taken back). WatchdogLost: nobody can be asked.
        """
        asked = {"fault": fault.kind(), "parameters": fault.model_dump(mode="json"), "drill": drill, "strike": strike or drill}
        return self._one(lambda number: Inject(number=number, **asked, starts_clock=starts_clock))

    def undo(self, lease: str) -> FaultStatus:
        """Has a fault taken back; returns when the undo call is over, health maybe not back yet. Raises as `inject`."""
        return self._one(lambda n: Undo(number=n, lease=lease))

    def take_back(self) -> None:
        """Has everything undone at once, without waiting for it; nothing is broken any more from then on."""
        if self.process.poll() is None:
            self.process.send_signal(STOP)

    def faults(self) -> list[FaultStatus]:
        """All faults so far, in the order of their injection. Raises WatchdogLost."""
        return self._all(lambda n: ListFaults(number=n), _ASK_S)

    def close(self) -> list[FaultStatus]:
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
            return self._all(lambda n: Finish(number=n), ENDED_S)
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
        self._channel.close()
        try:
            self.process.wait(_LAST_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _beat(self) -> None:
        while not self._stopped.wait(_BEAT_S):
            try:
                self._send(Beat())
            except WatchdogLost:
                return

    def _one(self, question: Callable[[int], Question]) -> FaultStatus:
        answer = self._ask(question, _ASK_S)
        if not isinstance(answer, OneFault):
            raise self._mourn(f"answers with {answer.say!r} where a fault was asked for")
        return answer.fault

    def _all(self, question: Callable[[int], Question], deadline_s: float) -> list[FaultStatus]:
        answer = self._ask(question, deadline_s)
        if not isinstance(answer, AllFaults):
            raise self._mourn(f"answers with {answer.say!r} where all faults were asked for")
        return list(answer.faults)

    def _ask(self, question: Callable[[int], Question], deadline_s: float) -> Ready | OneFault | AllFaults:
        with self._asking:
            self._number += 1
            self._send(question(self._number))
            answer = self._receive(self._number, deadline_s)
        if isinstance(answer, Refusal):
            raise ChaosError(answer.reason)
        return answer

    def _send(self, message: Strict) -> None:
        try:
            with self._sending:
                self._channel.send(message)
        except OSError as error:
            raise self._mourn(f"cannot be asked: {error.strerror or error}") from None

    def _receive(self, number: int, deadline_s: float) -> Answer:
        answer = self._heard(number, deadline_s)
        if answer is None:
            raise self._mourn(f"does not answer within {deadline_s:g} s")
        return answer

    def _heard(self, number: int, deadline_s: float) -> Answer | None:
        """The answer to a question, None where it does not come in that time. Raises WatchdogLost."""
        until = time.monotonic() + deadline_s
        while time.monotonic() < until:
            line = self._channel.receive(until - time.monotonic())
            if line is not None:
                try:
                    answer = parse_answer(line)
                except Malformed as error:
                    raise self._mourn(f"cannot be understood: {error}") from None
                if answer.number == number:
                    return answer
                # else the late answer to a question that was given up
            elif not self._channel.open:
                code = self._code()
                raise self._mourn(f"is gone{'' if code is None else f' (exit code {code})'}")
        return None

    def _mourn(self, reason: str) -> WatchdogLost:
        self._lost = self._lost or reason
        return WatchdogLost(f"the watchdog {reason}")

    def _code(self) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(2)
        return None


def start_watchdog(run: Run, plan: Plan, *, leases: Path | None = None, lease_s: float = LEASE_S) -> WatchdogClient:
    """The watchdog of a run whose T0 is fixed and whose target's holes are filled by the plan's statics. Raises ChaosError, BadInput."""
    if not plan.t0_monotonic_ns:
        raise ChaosError("the watchdog can be started once T0 is fixed")
    handles = Handles.of(plan.target, plan.statics, plan.pins)
    return WatchdogClient(handles, leases=leases, lease_s=lease_s, run=run, t0_ns=plan.t0_monotonic_ns)


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
