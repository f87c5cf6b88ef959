"""What the door and the watchdog say to each other: whatever comes, it is understood or named in one sentence."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chaos_support import StandIn, wait
from hypothesis import given
from hypothesis import strategies as st

import chaos
from chaos.errors import ChaosError, WatchdogLost
from chaos.handles.process import me
from chaos.registry import build_fault
from chaos.target_handles import Handles
from chaos.watchdog import client as client_module
from chaos.watchdog.client import WatchdogClient
from chaos.watchdog.protocol import (
    AllFaults,
    Beat,
    Channel,
    FaultState,
    FaultStatus,
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
    parse_answer,
    parse_hello,
    parse_request,
)

STATUS = FaultStatus(
    lease="1", fault="primary-kill", drill="primary-kill", strike="primary-kill#2", state=FaultState.EFFECTIVE, injected_ns=5
)
REQUESTS = [
    Beat(),
    Inject(number=1, fault="primary-kill", parameters={"a": [1, None, "x"]}, drill="d", strike="d#2", starts_clock=True),
    Undo(number=2, lease="1"),
    ListFaults(number=3),
    Finish(number=4),
]
ANSWERS = [Ready(pid=1), OneFault(number=1, fault=STATUS), AllFaults(number=2, faults=(STATUS, STATUS)), Refusal(number=3, reason="no")]


@pytest.mark.parametrize("message", REQUESTS, ids=lambda message: message.do)
def test_a_request_comes_over_as_it_was(message: Beat | Inject | Undo | ListFaults | Finish) -> None:
    """Printed and parsed again, each kind is itself."""
    assert parse_request(message.model_dump_json().encode()) == message


@pytest.mark.parametrize("message", ANSWERS, ids=lambda message: message.say)
def test_an_answer_comes_over_as_it_was(message: Ready | OneFault | AllFaults | Refusal) -> None:
    """Printed and parsed again, each kind is itself."""
    assert parse_answer(message.model_dump_json().encode()) == message


@given(st.binary(max_size=60) | st.from_regex(rb'\{"(do|say|number|lease)":("[a-z-]{0,9}"|-?\d{1,30}|null|\[\])\}', fullmatch=True))
def test_what_is_no_message_is_one_sentence(line: bytes) -> None:
    """Any bytes: a message, or Malformed in one line; nothing else is raised."""
    for parse in (parse_hello, parse_request, parse_answer):
        sentence = _refused(parse, line)
        assert sentence == "" or ("sent no" in sentence and "\n" not in sentence)
    assert isinstance(number_of(line), int)


def _refused(parse: Callable[[bytes], object], line: bytes) -> str:
    try:
        parse(line)
    except Malformed as error:
        return str(error)
    return ""


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel, and the bare socket at its other end."""
    here, there = socket.socketpair()
    with here, there:
        yield Channel(here), there


def test_lines_that_come_in_pieces_are_put_together(ends: tuple[Channel, socket.socket]) -> None:
    """A line is given when it is whole, and several that came at once one by one; the end is noticed."""
    channel, other = ends
    other.sendall(b"on")
    assert channel.receive(0.01) is None
    other.sendall(b"e\ntwo\nthr")
    assert [channel.receive(1), channel.receive(1), channel.receive(0.01)] == [b"one", b"two", None]
    other.close()
    assert channel.receive(1) is None
    assert not channel.open


class Bare:
    """A watchdog's process, spoken to by hand."""

    def __init__(self, hello: bytes) -> None:
        """Sends a first line."""
        here, there = socket.socketpair()
        with there:
            argv = [sys.executable, "-m", "chaos.watchdog.process", str(there.fileno())]
            self.process = subprocess.Popen(argv, pass_fds=(there.fileno(),), start_new_session=True)
        self.link, self.channel = here, Channel(here)
        here.sendall(hello + b"\n")

    def line(self) -> bytes:
        """Its next line."""
        until = time.monotonic() + 20
        while time.monotonic() < until and self.channel.open:
            line = self.channel.receive(1)
            if line is not None:
                return line
        pytest.fail("the watchdog says nothing")

    def end(self) -> int:
        """Hangs up; its exit code."""
        self.channel.close()
        return self.process.wait(30)


def hello(handles: Handles, leases: Path) -> bytes:
    """A greeting of this process."""
    greeting = Hello(door_pid=me().pid, door_started=me().started, events=None, t0_ns=0, leases=leases, lease_s=20, handles=handles)
    return greeting.model_dump_json().encode()


def test_a_greeting_that_is_none_is_refused_in_a_sentence() -> None:
    """The watchdog does not start on what it does not understand."""
    watchdog = Bare(b'{"door_pid": 1}')
    answer = parse_answer(watchdog.line())
    assert isinstance(answer, Refusal)
    assert answer.reason.startswith("the door sent no greeting: ")
    assert watchdog.end() == 1


def test_a_request_that_is_none_is_refused_and_what_is_broken_is_still_healed(world: StandIn, leases: Path) -> None:
    """Nonsense is answered by its number, the fault stays as it is, and the end heals it."""
    watchdog = Bare(hello(world.handles, leases))
    assert isinstance(parse_answer(watchdog.line()), Ready)
    frozen = world.topology.one("database", role="standby").process
    assert frozen is not None
    watchdog.channel.send(
        Inject(number=1, fault="process-freeze", parameters={"part": "database", "role": "standby"}, drill="", strike="", starts_clock=True)
    )
    assert isinstance(parse_answer(watchdog.line()), OneFault)
    for line, sentence in {
        b"\xff\x00": "Invalid JSON",
        b'{"do": "explode", "number": 7}': "the door sent no request",
        b'{"do": "undo", "number": 8, "lease": "none"}': "there is no lease 'none'",
    }.items():
        watchdog.link.sendall(line + b"\n")
        answer = parse_answer(watchdog.line())
        assert isinstance(answer, Refusal)
        assert (answer.number, sentence in answer.reason) == (number_of(line), True), answer
    assert frozen.stopped
    watchdog.end()
    assert not frozen.stopped
    assert chaos.leftovers(leases) == []


def test_a_watchdog_that_talks_nonsense_is_lost(world: StandIn, leases: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The door does not go on with a watchdog that it cannot understand; the process is ended, and heal can heal."""
    with WatchdogClient(world.handles, leases=leases) as watchdog:
        watchdog.inject(build_fault("process-freeze", {"part": "database", "role": "standby"}))
        monkeypatch.setattr(client_module, "parse_answer", _nonsense)
        with pytest.raises(WatchdogLost, match="cannot be understood: the watchdog sent no answer"):
            watchdog.faults()
        assert not watchdog.alive()
    wait(lambda: not chaos.leftovers(leases), "the watchdog has healed by itself")


def _nonsense(_: bytes) -> None:
    parse_answer(b'{"say": "hm"}')


def test_a_refusal_reaches_whoever_asked_as_a_sentence(world: StandIn, leases: Path) -> None:
    """An undo of what was never injected is refused by name."""
    with (
        WatchdogClient(world.handles, leases=leases) as watchdog,
        pytest.raises(ChaosError, match="there is no lease 'x'; there are: none"),
    ):
        watchdog.undo("x")
