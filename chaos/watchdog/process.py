"""The watchdog: `python -m chaos.watchdog.process FD`, a process of its own that performs every injection and every undo.

It is asked over one end of a socket pair, by JSON lines, by the one process that started it. That process need not live for things to be
healed: when it is gone or has not been heard of for the lease's time, every fault is undone in reverse order.
"""

import contextlib
import os
import signal
import socket
import sys
import time
from types import FrameType

from chaos.errors import ChaosError
from chaos.handles.process import Process, boot, me
from chaos.registry import all_faults, build_fault
from chaos.watchdog.active_fault import ActiveFault, WorldTurns
from chaos.watchdog.doors import is_to_break_no_more
from chaos.watchdog.guarded_fault import GuardedFault
from chaos.watchdog.guardian import Guardian
from chaos.watchdog.journal import FaultJournal
from chaos.watchdog.lease import Lease, Leases, Watch
from chaos.watchdog.protocol import (
    END_S,
    STOP,
    AllFaults,
    Beat,
    Channel,
    FaultState,
    Finish,
    Hello,
    Inject,
    ListFaults,
    Malformed,
    OneFault,
    Ready,
    Refusal,
    Undo,
    number_of,
    parse_hello,
    parse_request,
)
from scenarios.errors import StormdrillError
from scenarios.run.fault_event_kinds import FaultFailed, FaultRequested, WatchdogStarted
from scenarios.run.folder import Run

_HELLO_S = 10.0


class WatchdogServer:
    """Holds the active faults of one rehearsal."""

    def __init__(self, channel: Channel, hello: Hello) -> None:
        """Raises OSError or ChaosError where its folders cannot be used."""
        self._channel = channel
        self._hello = hello
        self._door = Process(hello.door_pid, hello.door_started)
        self._me = me()
        self._leases = Leases(hello.leases)
        self._leases.make()
        self._guardian = Guardian(hello.leases, self._me, self._door)
        self._guardian.stand()
        self._journal = FaultJournal(Run(hello.events.parent).event_writer("watchdog", hello.t0_ns) if hello.events else None)
        self._faults: dict[str, ActiveFault] = {}
        self._turns = WorldTurns()  # of what is taken back while the rehearsal goes on
        self._why = ""  # not empty: it is ending, for this reason
        self._finish: int | None = None  # the request that asked for the end
        self._stopped = False  # somebody wants nothing to be broken any more
        self._heard_s = self._renewed_s = time.monotonic()

    def run(self) -> int:
        """Serves until the rehearsal ends or dies, then heals; 0 where nothing is left broken."""
        signal.signal(signal.SIGTERM, self._terminated)
        signal.signal(STOP, self._stop)
        run = self._hello.events.parent if self._hello.events else None
        watch = Watch(watchdog=self._me, door=self._door, boot=boot(), run=run)
        self._leases.announce(watch)
        self._journal.note(WatchdogStarted(pid=self._me.pid))
        self._say(Ready(pid=self._me.pid))
        try:
            while not self._why:
                line = self._channel.receive(self._patience_s())
                while line is not None:
                    self._hear(line)
                    line = self._channel.receive(0)
                self._tick()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the watchdog itself, it heals before it goes
            self._why = f"its own {type(error).__name__}: {error}"
        try:
            return self._end()
        finally:
            self._leases.withdraw(watch)

    def _terminated(self, _number: int, _frame: FrameType | None) -> None:
        self._why = "SIGTERM"

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped = True

    def _patience_s(self) -> float:
        states = {active.state for active in self._faults.values()}
        return 0.01 if FaultState.INJECTED in states else 0.1 if FaultState.UNDONE in states else 0.5

    def _hear(self, line: bytes) -> None:
        self._heard_s = time.monotonic()
        try:
            request = parse_request(line)
        except Malformed as error:  # whoever talks nonsense must not keep what is broken from being healed
            self._say(Refusal(number=number_of(line), reason=str(error)))
            return
        if isinstance(request, Beat):
            return
        if isinstance(request, Finish):
            self._why, self._finish = "the rehearsal is over", request.number
            return
        try:
            answer: OneFault | AllFaults | Refusal = self._answer(request)
        except (StormdrillError, OSError) as error:
            answer = Refusal(number=request.number, reason=str(error))
        except Exception as error:  # noqa: BLE001 - a fault of the user's own may raise anything; the watchdog must live on
            answer = Refusal(number=request.number, reason=f"{type(error).__name__}: {error}")
        self._say(answer)

    def _answer(self, request: Inject | Undo | ListFaults) -> OneFault | AllFaults:
        match request:
            case Inject():
                return OneFault(number=request.number, fault=self._inject(request).status)
            case Undo():
                active = self._faults.get(request.lease)
                if active is None:
                    raise ChaosError(f"there is no lease {request.lease!r}; there are: {', '.join(self._faults) or 'none'}")
                active.undo(self._turns)
                return OneFault(number=request.number, fault=active.status)
            case ListFaults():
                return self._all(request.number)

    def _all(self, number: int) -> AllFaults:
        return AllFaults(number=number, faults=tuple(active.status for active in self._faults.values()))

    def _say(self, message: Ready | OneFault | AllFaults | Refusal) -> None:
        """Answers; nobody may be there to hear."""
        try:
            self._channel.send(message)
        except OSError:
            self._channel.open = False

    def _inject(self, request: Inject) -> ActiveFault:
        if why := self._why_not():
            raise ChaosError(why)
        who = {"fault": request.fault, "drill": request.drill, "strike": request.strike}
        self._journal.note(FaultRequested(**who, parameters=request.parameters))
        try:
            fault = GuardedFault(build_fault(request.fault, request.parameters), self._journal)
            target, scope = fault.find_target(self._hello.handles), fault.scope()
        except Exception as error:
            self._journal.note(FaultFailed(**who, reason=str(error)))
            raise
        self._guardian.stand()  # whoever has killed it
        self._look_again(who)
        begun_ns = time.monotonic_ns()
        lease = Lease(
            id=f"{begun_ns:020d}-{self._me.pid}",
            fault=request.fault,
            parameters=request.parameters,
            drill=request.drill,
            strike=request.strike,
            starts_clock=request.starts_clock,
            handles=self._hello.handles,
            target=target,
            scope=scope,
            begun_ns=begun_ns,
            expires_ns=begun_ns + int(self._hello.lease_s * 1e9),
            late_until_ns=begun_ns + int(fault.late_s * 1e9),
            boot=boot(),
            watchdog_pid=self._me.pid,
            watchdog_started=self._me.started,
            door=(self._hello.door_pid, self._hello.door_started),
            world=self._hello.handles.world_process(),
            events=self._hello.events,
            t0_ns=self._hello.t0_ns,
        )
        active = ActiveFault(fault, lease, self._leases, self._journal)
        self._reserve(active, who)
        self._faults[lease.id] = active
        self._renewed_s = time.monotonic()
        try:
            self._look_again(who)  # whoever stops all looks for leases, and there is one now
        except ChaosError:
            del self._faults[lease.id]
            self._leases.remove(lease.id)
            raise
        active.inject()
        active.advance()
        return active

    def _reserve(self, active: ActiveFault, who: dict[str, str]) -> None:
        """Before it is one of those that are to be taken back. Raises ChaosError or OSError, and notes it, where it may not be broken."""
        try:
            active.reserve()
        except (ChaosError, OSError) as error:
            self._journal.note(FaultFailed(**who, reason=str(error)))
            raise

    def _look_again(self, who: dict[str, str]) -> None:
        """Nothing has to be healed that is not broken. Raises ChaosError, and notes it, where the wish has passed meanwhile."""
        if why := self._why_not():
            self._journal.note(FaultFailed(**who, reason=why))
            raise ChaosError(why)

    def _why_not(self) -> str:
        """Why nothing is to be broken any more; empty where it may be."""
        if not self._door.alive:
            return "the rehearsal is gone: nothing is to be broken any more"
        if self._stopped or is_to_break_no_more(self._door, self._leases.folder):
            return "it was stopped: nothing is to be broken any more"
        return ""

    def _tick(self) -> None:
        for active in list(reversed(self._faults.values())) if self._stopped else ():
            if active.broken:
                active.undo(self._turns)
        for active in list(self._faults.values()):
            active.advance()
        now_s = time.monotonic()
        if not self._channel.open or not self._door.alive:
            self._why = self._why or "the rehearsal is gone"
        elif any(active.broken for active in self._faults.values()):
            if now_s - self._heard_s > self._hello.lease_s:
                self._why = self._why or f"the rehearsal was not heard of for {self._hello.lease_s:g} s"
            elif now_s - self._renewed_s > self._hello.lease_s / 4:
                self._renew(now_s)

    def _renew(self, now_s: float) -> None:
        self._renewed_s = now_s
        for active in self._faults.values():
            if active.broken:
                active.renew(int((self._heard_s + self._hello.lease_s) * 1e9), self._hello.lease_s)

    def _end(self) -> int:
        """Undoes everything, the latest first, and waits until it is healed or given up."""
        print(f"ending: {self._why}", file=sys.stderr, flush=True)  # noqa: T201 - the watchdog's log
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        until = time.monotonic() + END_S
        turns = WorldTurns()
        for active in reversed(self._faults.values()):
            active.undo(turns)
        while not all(active.settled for active in self._faults.values()) and time.monotonic() < until:
            time.sleep(0.1)
            for active in self._faults.values():
                active.advance()
        self._journal.close()
        self._guardian.dismiss()
        if self._finish is not None:
            self._say(self._all(self._finish))
        return 1 if any(active.state is not FaultState.HEALED for active in self._faults.values()) else 0


def main() -> int:
    """The process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.set_inheritable(int(sys.argv[1]), False)  # noqa: FBT003 - its only argument
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    line, until = None, time.monotonic() + _HELLO_S
    while line is None and channel.open and time.monotonic() < until:
        line = channel.receive(_HELLO_S)
    if line is None:
        return 1
    try:
        all_faults()  # read every fault's file now: later, in the middle of an outage, is no time to find a mistake in one
        server = WatchdogServer(channel, parse_hello(line))
    except (StormdrillError, OSError) as error:
        with contextlib.suppress(OSError):
            channel.send(Refusal(number=0, reason=str(error)))
        return 1
    return server.run()


if __name__ == "__main__":
    sys.exit(main())
