"""The watchdog: `python -m chaos.watchdog.process FD`, a process of its own that performs every injection and every undo.

It is asked over one end of a socket pair, by JSON lines, by the one process that started it. That process need not live for things to be
healed: when it is gone or has not been heard of for the lease's time, every fault is undone in reverse order.
"""

import os
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType

import orjson
from pydantic import JsonValue

from chaos.handles.process import Process, boot, me
from chaos.registry import all_faults, build_fault
from chaos.target_handles import Reach
from chaos.watchdog.active_fault import LiveFault, State, Teller
from chaos.watchdog.lease import Lease, Leases
from scenarios.errors import StormdrillError
from scenarios.run.event_kinds import FaultFailed, FaultRequested, WatchdogStarted
from scenarios.run.events import EventWriter
from scenarios.target.model import Strict

_HELLO_S = 10.0
_END_S = 120.0
_SAY_S = 5.0
_REQUESTS = ("inject", "undo", "states", "beat", "finish")


class Hello(Strict):
    """The first line that the watchdog is told."""

    door_pid: int
    door_started: int
    events: Path | None
    t0_ns: int
    leases: Path
    lease_s: float
    reach: Reach


class Request(Strict):
    """What it is asked."""

    id: int
    do: str
    fault: str = ""
    drill: str = ""
    zero: bool = True
    parameters: dict[str, JsonValue] = {}
    lease: str = ""


class Channel:
    """JSON lines over a socket."""

    def __init__(self, link: socket.socket) -> None:
        """One end of a socket pair."""
        self._link = link
        self._rest = b""
        self.open = True

    def lines(self, timeout_s: float) -> list[bytes]:
        """The lines that have come within that time; sets `open` to False when the other end is gone."""
        self._link.settimeout(timeout_s)
        try:
            data = self._link.recv(1 << 16)
        except TimeoutError:
            return []
        except OSError:
            data = b""
        self.open = bool(data)
        *whole, self._rest = (self._rest + data).split(b"\n")
        return whole

    def say(self, message: dict[str, object]) -> None:
        """Answers; nobody may be there to hear."""
        self._link.settimeout(_SAY_S)
        try:
            self._link.sendall(orjson.dumps(message) + b"\n")
        except OSError:
            self.open = False


class Watchdog:
    """Holds the live faults of one rehearsal."""

    def __init__(self, channel: Channel, hello: Hello) -> None:
        """Raises OSError or ChaosError where its folders cannot be used."""
        self._channel = channel
        self._hello = hello
        self._door = Process(hello.door_pid, hello.door_started)
        self._me = me()
        self._leases = Leases(hello.leases)
        self._leases.make()
        self._teller = Teller(EventWriter(hello.events, "watchdog", hello.t0_ns) if hello.events else None)
        self._faults: dict[str, LiveFault] = {}
        self._why = ""  # not empty: it is ending, for this reason
        self._finish: int | None = None  # the request that asked for the end
        self._heard_s = self._renewed_s = time.monotonic()

    def run(self) -> int:
        """Serves until the rehearsal ends or dies, then heals; 0 where nothing is left broken."""
        signal.signal(signal.SIGTERM, self._terminated)
        self._teller.tell(WatchdogStarted(pid=self._me.pid))
        self._channel.say({"id": 0, "ready": self._me.pid})
        try:
            while not self._why:
                for line in self._channel.lines(self._patience_s()):
                    self._hear(line)
                self._tick()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the watchdog itself, it heals before it goes
            self._why = f"its own {type(error).__name__}: {error}"
        return self._end()

    def _terminated(self, _number: int, _frame: FrameType | None) -> None:
        self._why = "SIGTERM"

    def _patience_s(self) -> float:
        states = {live.state for live in self._faults.values()}
        return 0.01 if State.INJECTED in states else 0.1 if State.UNDONE in states else 0.5

    def _hear(self, line: bytes) -> None:
        self._heard_s = time.monotonic()
        request = Request.model_validate_json(line)
        try:
            answer = self._answer(request)
        except (StormdrillError, OSError) as error:
            answer = {"error": str(error)}
        except Exception as error:  # noqa: BLE001 - a fault of the user's own may raise anything; the watchdog must live on
            answer = {"error": f"{type(error).__name__}: {error}"}
        if answer is not None:
            self._channel.say({"id": request.id, **answer})

    def _answer(self, request: Request) -> dict[str, object] | None:
        match request.do:
            case "beat":
                return None
            case "inject":
                return {"state": self._inject(request).told.model_dump(mode="json")}
            case "undo":
                live = self._faults[request.lease]
                live.undo()
                return {"state": live.told.model_dump(mode="json")}
            case "states":
                return self._states()
            case "finish":
                self._why, self._finish = "the rehearsal is over", request.id
                return None
        return {"error": f"unknown request {request.do!r}; allowed: {', '.join(_REQUESTS)}"}

    def _states(self) -> dict[str, object]:
        return {"states": [live.told.model_dump(mode="json") for live in self._faults.values()]}

    def _inject(self, request: Request) -> LiveFault:
        who = {"fault": request.fault, "drill": request.drill}
        self._teller.tell(FaultRequested(**who, parameters=request.parameters))
        try:
            fault = build_fault(request.fault, request.parameters)
            aim = fault.aim(self._hello.reach)
        except Exception as error:
            self._teller.tell(FaultFailed(**who, reason=str(error)))
            raise
        begun_ns = time.monotonic_ns()
        lease = Lease(
            id=f"{begun_ns:020d}-{self._me.pid}",
            fault=request.fault,
            parameters=request.parameters,
            drill=request.drill,
            zero=request.zero,
            reach=self._hello.reach,
            aim=aim,
            begun_ns=begun_ns,
            expires_ns=begun_ns + int(self._hello.lease_s * 1e9),
            boot=boot(),
            watchdog_pid=self._me.pid,
            watchdog_started=self._me.started,
            world=self._hello.reach.owner(),
            events=self._hello.events,
            t0_ns=self._hello.t0_ns,
        )
        live = self._faults[lease.id] = LiveFault(fault, lease, self._leases, self._teller)
        self._renewed_s = time.monotonic()
        live.inject()
        live.look()
        return live

    def _tick(self) -> None:
        for live in list(self._faults.values()):
            live.look()
        now_s = time.monotonic()
        if not self._channel.open or not self._door.alive:
            self._why = self._why or "the rehearsal is gone"
        elif any(live.broken for live in self._faults.values()):
            if now_s - self._heard_s > self._hello.lease_s:
                self._why = self._why or f"the rehearsal was not heard of for {self._hello.lease_s:g} s"
            elif now_s - self._renewed_s > self._hello.lease_s / 4:
                self._renew(now_s)

    def _renew(self, now_s: float) -> None:
        self._renewed_s = now_s
        for live in self._faults.values():
            if live.broken:
                live.renew(int((self._heard_s + self._hello.lease_s) * 1e9), self._hello.lease_s)

    def _end(self) -> int:
        """Undoes everything, the latest first, and waits until it is healed or given up."""
        print(f"ending: {self._why}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        for live in reversed(self._faults.values()):
            live.undo()
        until = time.monotonic() + _END_S
        while not all(live.settled for live in self._faults.values()) and time.monotonic() < until:
            time.sleep(0.1)
            for live in self._faults.values():
                live.look()
        if self._finish is not None:
            self._channel.say({"id": self._finish, **self._states()})
        return 1 if any(live.state is not State.HEALED for live in self._faults.values()) else 0


def main() -> int:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.set_inheritable(int(sys.argv[1]), False)  # noqa: FBT003 - its only argument
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    until = time.monotonic() + _HELLO_S
    lines: list[bytes] = []
    while not lines and channel.open and time.monotonic() < until:
        lines = channel.lines(0.5)
    if not lines:
        return 1
    try:
        all_faults()  # read every fault's file now: later, in the middle of an outage, is no time to find a mistake in one
        watchdog = Watchdog(channel, Hello.model_validate_json(lines[0]))
    except (StormdrillError, OSError) as error:
        channel.say({"id": 0, "error": str(error)})
        return 1
    return watchdog.run()


if __name__ == "__main__":
    sys.exit(main())
