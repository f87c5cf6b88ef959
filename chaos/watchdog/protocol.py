"""What the door and the watchdog say to each other: lines of JSON over a socket pair. Both ends import this and say nothing else.

the door                            the watchdog
Hello                           ->
<-  Ready, or Refusal of number 0
Inject, Undo, ListFaults, Finish ->
<-  OneFault or AllFaults, or Refusal, of the request's number
Beat, a few times a lease       ->

And the signal by which anybody else of the same user has it stop.
"""

import select
import signal
import socket
from collections import deque
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import orjson
from pydantic import Field, JsonValue, TypeAdapter, ValidationError

from chaos.errors import ChaosError
from chaos.target_handles import Handles
from scenarios.strict import Strict

STOP = signal.SIGUSR1
"""Whoever sends it wants everything taken back at once, the latest first, and nothing broken any more."""

END_S = 120.0
"""How long a watchdog gives itself to take everything back and see it whole, once its rehearsal is over or gone."""

ENDED_S = END_S + 30.0
"""By when it has ended, the undo included that it was in the middle of: one that has not hangs, and may be killed."""

_SEND_S = 5.0
_MOST_BYTES = 16_000_000


class FaultState(StrEnum):
    """Where a fault is in its life."""

    INJECTED = "injected"  # the effect is not shown yet
    EFFECTIVE = "effective"
    UNDONE = "undone"  # health is not back yet
    HEALED = "healed"
    FAILED = "failed"  # the undo failed, or health did not come back: a leftover


class FaultStatus(Strict):
    """An active fault, as the watchdog tells it."""

    lease: str
    fault: str
    drill: str
    strike: str
    state: FaultState
    injected_ns: int  # CLOCK_MONOTONIC, when the injection call began
    without_effect: bool = False
    still_broken: bool = False  # the undo failed
    evidence: str = ""


# What the door says.


class Hello(Strict):
    """The first line: whom to watch, what to break, where to write."""

    door_pid: int
    door_started: int
    events: Path | None  # the run's folder of events
    t0_ns: int
    leases: Path
    lease_s: float = Field(gt=0)
    handles: Handles


class Beat(Strict):
    """The rehearsal lives. Is not answered."""

    do: Literal["beat"] = "beat"


class Inject(Strict):
    """Break something."""

    do: Literal["inject"] = "inject"
    number: int
    fault: str
    parameters: dict[str, JsonValue]
    drill: str
    strike: str
    starts_clock: bool  # whether the drill's recovery clock starts with it


class Undo(Strict):
    """Take a fault back."""

    do: Literal["undo"] = "undo"
    number: int
    lease: str


class ListFaults(Strict):
    """How are all faults so far?"""

    do: Literal["list-faults"] = "list-faults"
    number: int


class Finish(Strict):
    """The rehearsal is over: take everything back, wait for its health, answer, and end."""

    do: Literal["finish"] = "finish"
    number: int


Question = Inject | Undo | ListFaults | Finish
Request = Annotated[Beat | Question, Field(discriminator="do")]


# What the watchdog says.


class Ready(Strict):
    """It watches."""

    say: Literal["ready"] = "ready"
    number: Literal[0] = 0
    pid: int


class OneFault(Strict):
    """A fault was injected or undone."""

    say: Literal["fault"] = "fault"
    number: int
    fault: FaultStatus


class AllFaults(Strict):
    """All faults so far, in the order of their injection."""

    say: Literal["faults"] = "faults"
    number: int
    faults: tuple[FaultStatus, ...]


class Refusal(Strict):
    """What was asked could not be done, and why, in a sentence."""

    say: Literal["refusal"] = "refusal"
    number: int
    reason: str


Answer = Annotated[Ready | OneFault | AllFaults | Refusal, Field(discriminator="say")]

_REQUESTS: TypeAdapter[Beat | Question] = TypeAdapter(Request)
_ANSWERS: TypeAdapter[Ready | OneFault | AllFaults | Refusal] = TypeAdapter(Answer)


class Malformed(ChaosError):
    """A line that is none of the messages above."""

    def __init__(self, who: str, what: str, error: ValidationError) -> None:
        """`who` sent it instead of `what`; the first thing that is wrong with it is named."""
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        super().__init__(f"{who} sent no {what}: {f'{place}: ' if place else ''}{first['msg']}")


def parse_hello(line: bytes) -> Hello:
    """The door's first line. Raises Malformed."""
    try:
        return Hello.model_validate_json(line)
    except ValidationError as error:
        raise Malformed("the door", "greeting", error) from None


def parse_request(line: bytes) -> Beat | Question:
    """A line of the door. Raises Malformed."""
    try:
        return _REQUESTS.validate_json(line)
    except ValidationError as error:
        raise Malformed("the door", "request", error) from None


def number_of(line: bytes) -> int:
    """The number of a request that cannot be read otherwise, so that whoever waits is answered; -1 where it has none."""
    try:
        number = orjson.loads(line)["number"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return -1
    return number if type(number) is int else -1


def parse_answer(line: bytes) -> Ready | OneFault | AllFaults | Refusal:
    """A line of the watchdog. Raises Malformed."""
    try:
        return _ANSWERS.validate_json(line)
    except ValidationError as error:
        raise Malformed("the watchdog", "answer", error) from None


class Channel:
    """Messages over one end of a socket pair, a line each. One thread may send while another receives."""

    def __init__(self, link: socket.socket) -> None:
        """Takes the socket over."""
        link.settimeout(_SEND_S)
        self._link = link
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self.open = True

    def send(self, message: Strict) -> None:
        """Sends a message whole. Raises OSError where the other end does not take it."""
        self._link.sendall(message.model_dump_json().encode() + b"\n")

    def receive(self, timeout_s: float) -> bytes | None:
        """The next line, None where none has come in that time; sets `open` to False where the other end is gone."""
        if not self._lines and self.open and self._readable(timeout_s):
            self._read()
        return self._lines.popleft() if self._lines else None

    def close(self) -> None:
        """Hangs up."""
        self.open = False
        self._link.close()

    def _readable(self, timeout_s: float) -> bool:
        poll = select.poll()
        try:
            poll.register(self._link, select.POLLIN)
        except ValueError:  # another thread has hung up
            self.open = False
            return False
        return bool(poll.poll(max(0.0, timeout_s) * 1000))

    def _read(self) -> None:
        try:
            data = self._link.recv(1 << 16)
        except OSError:
            data = b""
        *whole, self._rest = (self._rest + data).split(b"\n")
        self._lines.extend(whole)
        self.open = bool(data) and len(self._rest) <= _MOST_BYTES
