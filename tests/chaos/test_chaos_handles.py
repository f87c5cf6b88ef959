"""Handles: found by their folder, made from the address that the target's file gives them, each keeping the contract of its kind."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import pytest
from answering import JsonAnswers, answering
from chaos_haproxy import running_haproxy
from loopback import free_port

from chaos.errors import NoTarget, OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.haproxy import Haproxy, Server
from chaos.handles.kill_switch import KillSwitch
from chaos.handles.stock import Stock
from chaos.handles.supervisor import Supervisor
from chaos.target_handles import Handles, check_handles
from scenarios.errors import BadInput
from scenarios.plugins import HANDLE, PATH_VARIABLE, classes, load_target, module, modules, plugin_class
from scenarios.target.model import Target

KINDS = [cast("type[Handle]", plugin_class(HANDLE, each)) for _, each in modules(HANDLE) if classes(HANDLE, each)]

OWN = '''"""Feature flags."""
from chaos.handles.handle import Handle

class FeatureFlags(Handle):
    """Flags."""
    def __init__(self, address): self.address = address
    def probe(self): pass
'''


def target(**handles: object) -> Target:
    """A target with these handles."""
    tree = {"name": "small", "describe": "d", "services": {"s": {"base": "http://127.0.0.1:1"}}, "handles": handles}
    return Target.model_validate(tree | {"operations": {"a.read": {"service": "s", "path": "/"}}})


def answers_nothing(link: socket.socket) -> None:
    """Reads, and never says a word, until the other end has gone."""
    while link.recv(1000):
        pass


def talks_nonsense(link: socket.socket) -> None:
    """What is nobody's protocol."""
    link.recv(1000)
    link.sendall(b"\x00\xffwhat?\r\n\r\n")


def hangs_up(link: socket.socket) -> None:
    """Closes at once."""


@contextmanager
def stranger(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that talks in that way, at HOST:PORT."""

    def serve(link: socket.socket) -> None:
        with link, suppress(OSError):
            talk(link)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{server.getsockname()[1]}"


def made(kind: type[Handle], place: str) -> Handle:
    """A handle at a place, from its address alone."""
    return Handles.of(target(**{kind.kind(): kind.form.replace("HOST:PORT", place)}), {}).handle(kind)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind())
def test_every_handle_keeps_the_contract(kind: type[Handle]) -> None:
    """Named as its file, made from its address; where nobody is, and where it would leave this machine, its probe says so."""
    place = f"127.0.0.1:{free_port()}"
    with pytest.raises(OutOfReach, match="no connection"):
        made(kind, place).probe()
    with pytest.raises(NoTarget, match=f"the target has no handle '{kind.kind()}'"):
        Handles().handle(kind)
    with pytest.raises(OutOfReach, match="loopback only"):
        made(kind, "192.0.2.1:1").probe()


@pytest.mark.parametrize("talk", [answers_nothing, talks_nonsense, hangs_up])
def test_a_handle_takes_no_stranger_for_its_own_and_waits_for_nobody(talk: Callable[[socket.socket], None]) -> None:
    """All of them at one time: each raises OutOfReach within a few seconds, and nothing else."""

    def said(kind: type[Handle], place: str) -> str:
        try:
            made(kind, place).probe()
        except OutOfReach:
            return "out of reach"
        return "reached"

    began = time.monotonic()
    with stranger(talk) as place, ThreadPoolExecutor() as pool:
        told = list(pool.map(lambda kind: said(kind, place), KINDS))
    assert told == ["out of reach"] * len(KINDS)
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("by_port", [False, True])
def test_haproxy_is_reached_by_its_socket_and_by_a_port(tmp_path: Path, by_port: bool) -> None:  # noqa: FBT001 - a parameter
    """A server is taken out and put back; no name becomes a command."""
    with running_haproxy(tmp_path, by_port=by_port) as address:
        _is_steered(Haproxy(address))


def test_why_a_socket_is_no_way_in_is_said() -> None:
    """It is somebody's own path, and may be mistyped, or not be theirs to open."""
    with pytest.raises(OutOfReach, match=r"show info: no connection \(AF_UNIX path too long\)$"):
        Haproxy("/" + "x" * 200).probe()
    with pytest.raises(OutOfReach, match=r"show info: no connection \(Not a directory\)$"):
        Haproxy("/dev/null/haproxy.sock").probe()


def _is_steered(handle: Haproxy) -> None:
    assert handle.server("shop", "a") == Server(runs=True, ordered=False)
    handle.take_out("shop", "a")
    assert handle.server("shop", "a").ordered
    assert not handle.server("shop", "b").ordered
    handle.put_back("shop", "a")
    assert handle.server("shop", "a") == Server(runs=True, ordered=False)
    with pytest.raises(OutOfReach, match=r"set server shop/z state maint: .*such server"):
        handle.take_out("shop", "z")
    for name in ("a; shutdown sessions server shop/b", "a\nshow info", "", "a b"):
        with pytest.raises(NoTarget, match="is no name of HAProxy's"):
            handle.take_out("shop", name)


def test_a_users_own_handle_is_reached_by_the_name_of_its_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the address of the target's file, its placeholders filled; underscores are hyphens."""
    path = tmp_path / "chaos" / "handles" / "feature_flags.py"
    path.parent.mkdir(parents=True)
    path.write_text(OWN)
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    named = target(feature_flags="http://{host}/flags")
    check_handles(named)
    kind = module(HANDLE, "feature-flags").FeatureFlags
    assert Handles.of(named, {"host": "127.0.0.1"}).handle(kind).address == "http://127.0.0.1/flags"
    path.write_text(OWN.replace("(self, address)", "(self)"))
    monkeypatch.setenv(PATH_VARIABLE, "")
    check_handles(load_target("embedded"))
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    with pytest.raises(BadInput, match=r"feature_flags.py:4: FeatureFlags must be made from \(address\) alone"):
        check_handles(named)


def test_a_handle_that_there_is_not_is_named() -> None:
    """Before anything is started; a mistyped one would else be found in mid-drill."""
    with pytest.raises(BadInput, match=r"there is no handle 'proxi_api'; did you mean 'proxy_api'\? there are: .*, proxy_api"):
        check_handles(target(proxi_api="http://127.0.0.1:1"))
    check_handles(load_target("embedded"))
    assert Supervisor.kind() == "supervisor"


class Living(JsonAnswers):
    """A service that lives."""

    def get(self) -> None:
        """Says so."""
        self.say(200, {})


def test_of_several_ways_in_the_first_that_answers_is_used() -> None:
    """So a drill goes on while one gateway of two is gone; where all are, each is named."""
    with answering(Living) as alive:
        handles = Handles.of(target(kill_switch=["http://127.0.0.1:1", alive], stock=["http://127.0.0.1:1", "http://127.0.0.1:2"]), {})
        assert handles.handle(KillSwitch).url == alive
        assert [switch.url for switch in handles.every(KillSwitch)] == [alive]
        handles.probe("kill-switch")
    for kind in (KillSwitch, Stock):
        with pytest.raises(OutOfReach, match=r"127.0.0.1:1/health: no connection: .*; .*/health: no connection"):
            handles.handle(kind)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"topology": ["/a", "/b"]}, "there is one; allowed: one address"),
        ({"stock": []}, "at least 1 item"),
        ({"stock": ["http://127.0.0.1:1", 2]}, "valid string"),
    ],
)
def test_ways_in_that_make_no_sense_are_refused(given: dict[str, object], says: str) -> None:
    """There is one topology, and a list holds addresses."""
    with pytest.raises(ValueError, match=says):
        target(**given)
