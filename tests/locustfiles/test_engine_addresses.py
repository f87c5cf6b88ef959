"""A host of several addresses: connections are spread over all, one that swallows everything is not the end; IPv6 is as good as IPv4."""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from answering import JsonAnswers, answering
from locustfiles_kit import drive, planned, scenario, serving, target
from pydantic import ValidationError

from locustfiles.engine import connector
from locustfiles.engine.connector import Connector
from scenarios.client import connection
from scenarios.client.connection import Connection
from scenarios.client.http import HttpClient, Unreachable
from scenarios.errors import BadInput
from scenarios.run.outcomes import Outcome
from scenarios.target.model import Target
from scenarios.wire.request_bytes import request_to

NAME = "uat.bank.invalid"
OWN_S = 0.3
"""Of an address, in these tests."""


@pytest.fixture
def own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience for machines without another."""
    monkeypatch.setattr(connector, "_ADDRESS_S", OWN_S)


@pytest.fixture
def two() -> Iterator[int]:
    """A port on which 127.0.0.1 and 127.0.0.2 listen."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.2", first.getsockname()[1])):
        yield first.getsockname()[1]


@pytest.fixture
def half_swallowed() -> Iterator[int]:
    """A port on which 127.0.0.1 listens, and 127.0.0.2 swallows whatever comes: it has no room for connections, and nobody takes one."""
    with ExitStack() as open_for, socket.create_server(("127.0.0.1", 0)) as good:
        port = good.getsockname()[1]
        open_for.enter_context(socket.create_server(("127.0.0.2", port), backlog=0))
        for _ in range(3):
            filling = open_for.enter_context(socket.socket())
            filling.setblocking(False)  # noqa: FBT003 - the socket's own
            filling.connect_ex(("127.0.0.2", port))
        yield port


def connected(port: int, pinned: list[str], times: int) -> list[tuple[str, int]]:
    """Where so many connections one after the other have come to, and how long each took in microseconds."""

    async def connect() -> list[tuple[str, int]]:
        to = Connector(asyncio.get_running_loop(), (NAME, port, False), pinned)
        owner: Any = SimpleNamespace(heads={}, gone=lambda _: None)
        found = []
        for _ in range(times):
            made = await to.connect(owner, None)
            found.append((made.transport.get_extra_info("peername")[0], made.connect_us))
            made.close()
        return found

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(connect())


def test_connections_are_spread_over_all_addresses(two: int) -> None:
    """Each takes its turn in being the first."""
    assert Counter(host for host, _ in connected(two, ["127.0.0.1", "127.0.0.2"], 6)) == {"127.0.0.1": 3, "127.0.0.2": 3}


def test_one_that_refuses_is_passed_over_at_once(two: int) -> None:
    """The others take its connections."""
    assert {host for host, _ in connected(two, ["127.0.0.3", "127.0.0.2"], 4)} == {"127.0.0.2"}


def test_a_service_that_is_to_be_had_at_two_places_is_asked_at_both_and_goes_on_at_one() -> None:
    """By the crowd's connector and by the control plane, each at its own port; who refuses is passed over at once."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.2", 0)) as second, socket.socket() as nobody:
        nobody.bind(("127.0.0.3", 0))
        places = [one.getsockname()[:2] for one in (first, second, nobody)]

        async def connect(also: list[tuple[str, int]]) -> list[tuple[str, int]]:
            to = Connector(asyncio.get_running_loop(), (*places[0], False), None, None, also)
            owner: Any = SimpleNamespace(heads={}, gone=lambda _: None)
            made = [await to.connect(owner, None) for _ in range(4)]
            found = [one.transport.get_extra_info("peername")[:2] for one in made]
            for one in made:
                one.close()
            return found

        assert Counter(uvloop.run(connect([places[1]]))) == {places[0]: 2, places[1]: 2}
        assert set(uvloop.run(connect([places[2]]))) == {places[0]}
        dead = ":".join(map(str, places[2]))
    with answering(Hello) as base:
        said = target(f"http://{dead}").model_dump(mode="json", by_alias=True, exclude_unset=True)
        for service in said["services"].values():
            service["also_at"] = [base]
        said["services"]["alone"] = {"base": f"http://{dead}"}  # the same place under another name takes nothing from the first
        with HttpClient(Target.model_validate(said), {}, {}) as client:
            assert client.send(request_to("GET", f"http://{dead}/", {}, None), 3).document == {"host": dead}


def test_both_places_are_asked_alike_where_few_connections_would_do(tmp_path: Path) -> None:
    """A rush makes several to each; then one at a time is asked, and no place has all of that for itself."""
    asked: Counter[int] = Counter()

    class Slow(JsonAnswers):
        """Counts by its own port, takes its time, and keeps the connection."""

        protocol_version = "HTTP/1.1"

        def get(self) -> None:
            asked[self.server.server_address[1]] += 1
            time.sleep(0.03)
            self.say(200, {})

    with answering(Slow) as first, answering(Slow) as second:
        said = target(first).model_dump(mode="json", by_alias=True, exclude_unset=True)
        said["services"]["all"]["also_at"] = [second]
        phases = [{"name": "rush", "lasts": 0.1, "arrivals": 400}, {"name": "few", "lasts": 3.0, "arrivals": 20}]
        run, plan = planned(tmp_path, Target.model_validate(said), scenario({"one-read": 1}, phases=phases, drain=10.0))
        drive(run, plan)
    assert len(asked) == 2
    assert min(asked.values()) > 0.35 * asked.total(), asked


@pytest.mark.parametrize(("also", "why"), [("https://127.0.0.1:1", "begin with http://"), ("http://127.0.0.1:1/path", "more than a host")])
def test_another_place_of_a_service_is_spoken_to_as_its_base(also: str, why: str) -> None:
    """The same scheme, and no path of its own."""
    said = target("http://127.0.0.1:1").model_dump(mode="json", by_alias=True, exclude_unset=True)
    for service in said["services"].values():
        service["also_at"] = [also]
    with pytest.raises((ValidationError, BadInput), match=why), HttpClient(Target.model_validate(said), {}, {}):
        pass


@pytest.mark.usefixtures("own_time")
def test_one_that_swallows_everything_has_its_own_time_and_no_more(half_swallowed: int) -> None:
    """Who tries it first has waited that long for the connection, and has it."""
    found = connected(half_swallowed, ["127.0.0.2", "127.0.0.1"], 4)
    assert {host for host, _ in found} == {"127.0.0.1"}
    assert all(
        took_us >= OWN_S * 1e6 / 2 for _, took_us in found[::2]
    )  # a loop counts from the beginning of its round: on a busy core early


@pytest.mark.usefixtures("own_time")
def test_where_all_swallow_there_is_an_end(half_swallowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the whole time."""
    monkeypatch.setattr(connector, "_CONNECT_S", 0.4)
    with pytest.raises(TimeoutError):
        connected(half_swallowed, ["127.0.0.2"], 1)


class Hello(JsonAnswers):
    """Answers."""

    def get(self) -> None:
        """With whom it was asked for."""
        self.say(200, {"host": self.headers["Host"]})


def test_the_control_plane_tries_each_in_its_share_of_the_time(half_swallowed: int) -> None:
    """The second is asked though the first swallows everything; where there is none, it says so."""
    request = request_to("GET", f"http://{NAME}:{half_swallowed}/", {}, None)
    with HttpClient(target(f"http://{NAME}"), {}, {NAME: ["127.0.0.2"]}) as alone, pytest.raises(Unreachable, match=r"within 0\.2 s"):
        alone.send(request, 0.2)
    with answering(Hello) as base, socket.socket() as full, ExitStack() as open_for:
        port = int(base.rpartition(":")[2])
        full.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        full.bind(("127.0.0.2", port))
        full.listen(0)
        for _ in range(3):
            filling = open_for.enter_context(socket.socket())
            filling.setblocking(False)  # noqa: FBT003 - the socket's own
            filling.connect_ex(("127.0.0.2", port))
        with HttpClient(target(base), {}, {NAME: ["127.0.0.2", "127.0.0.1"]}) as client:
            answer = client.send(request_to("GET", f"http://{NAME}:{port}/", {}, None), 3)
    assert answer.document == {"host": f"{NAME}:{port}"}


def test_the_control_plane_knows_for_a_while_which_address_says_nothing(half_swallowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks next, over a connection of their own, asks another one first; when the while is over, it is tried again."""
    deaf, good = ("127.0.0.2", half_swallowed), ("127.0.0.1", half_swallowed)
    tried, connect = [], connection._connect

    def told(sock: socket.socket, address: Any, *limits: float) -> None:
        tried.append(address)
        connect(sock, address, *limits)

    monkeypatch.setattr(connection, "_connect", told)
    for _ in range(3):
        Connection([deaf, good], None, "", 1.0).close()
    assert tried == [deaf, good, good, good]
    connection._silent_until[deaf] = 0.0
    Connection([deaf, good], None, "", 1.0).close()
    assert tried[4:] == [deaf, good]


def test_an_address_of_ipv6_is_as_good(tmp_path: Any) -> None:
    """For the crowd, and for the control plane; in brackets in the file, and in what is asked for."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with serving("--host", "::1") as base:
        place = base.replace("127.0.0.1", "[::1]")
        run, plan = planned(tmp_path, target(place), scenario({"one-read": 1}, lasts=0.2, rate=20, drain=10.0))
        drive(run, plan)
        assert set(run.samples()["outcome"].tolist()) == {Outcome.SUCCESS}
        request = request_to("GET", f"{place}/length/zone.get", {}, None)
        assert f"Host: {place.removeprefix('http://')}".encode() in request.data
        with HttpClient(target(place), {}, {"::1": ["::1"]}) as client:
            assert client.send(request, 10).status == 200
