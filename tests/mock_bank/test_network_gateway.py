"""The gateway's configuration, under a real HAProxy: no warning, and no node that swallows packets holds a customer for ever."""

import asyncio
import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import requests
from world_lab import until

from mock_bank.layout.ports import free_ports
from mock_bank.layout.topology import Frontend, Upstream
from mock_bank.network.gateway import Gateway, StaleOrder, configuration, find_haproxy

NODE = """
import http.server, sys
class Node(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Node).serve_forever()
"""


@contextlib.contextmanager
def gateway(nodes: list[int], database: int, away: Sequence[int] = ()) -> Iterator[tuple[str, int]]:
    """A gateway before service nodes, some of them of the other centre, and one database; its service's address, its databases' port."""
    web, db = free_ports(2)
    upstreams = [Upstream(f"bank-{port}", "127.0.0.1", port, away=port in away) for port in [*nodes, *away]]
    with tempfile.TemporaryDirectory() as folder:
        text = configuration(
            Path(folder, "s"),
            [Frontend("bank", "127.0.0.1", web, upstreams)],
            Frontend("db", "127.0.0.1", db, [Upstream("db-a", "127.0.0.1", database)]),
        )
        config = Path(folder, "haproxy.cfg")
        config.write_text(text.replace(" disabled\n", "\n"))
        with subprocess.Popen([find_haproxy(), "-db", "-f", str(config)]) as process:
            try:
                until(lambda: connects(web), "the gateway listens")
                yield f"http://127.0.0.1:{web}", db
            finally:
                process.kill()


def connects(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def swallower() -> Iterator[int]:
    """A port whose packets are swallowed: nobody accepts, and the kernel drops what comes to the full backlog."""
    with contextlib.ExitStack() as held:
        server = held.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        port = int(server.getsockname()[1])
        for _ in range(100):
            client = held.enter_context(socket.socket())
            client.settimeout(0.3)
            try:
                client.connect(("127.0.0.1", port))
            except TimeoutError:
                break
        else:
            raise AssertionError("the backlog never fills")
        yield port


@contextlib.contextmanager
def service_node() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A healthy node and its process."""
    (port,) = free_ports(1)
    with subprocess.Popen([sys.executable, "-c", NODE, str(port)]) as process:
        try:
            until(lambda: connects(port), "the node listens")
            yield port, process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()


def test_haproxy_has_nothing_to_say_against_the_configuration(tmp_path: Path) -> None:
    """`haproxy -c` is silent but for the word that the file is valid."""
    services = [Frontend(name, "127.0.0.1", port, [Upstream(f"{name}-a", "127.0.0.1", 1)]) for name, port in (("bank", 2), ("campaign", 3))]
    database = Frontend("db", "127.0.0.1", 4, [Upstream("db-a", "127.0.0.1", 5), Upstream("db-b", "127.0.0.1", 6)])
    config = tmp_path / "haproxy.cfg"
    config.write_text(configuration(tmp_path / "s", services, database))
    done = subprocess.run([find_haproxy(), "-c", "-f", str(config)], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "Configuration file is valid", "")


def test_database_that_swallows_packets_lets_its_clients_go() -> None:
    """A connection to it ends by the gateway's timeout; the kernel alone would go on trying for minutes."""
    with swallower() as port, gateway([], port) as (_, db), socket.create_connection(("127.0.0.1", db), timeout=20) as client:
        client.sendall(b"hello")
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""


def ask(url: str) -> int | None:
    """The status of one request, None where the connection ended without an answer; fails where it is held for 20 s."""
    try:
        return requests.get(url, timeout=20).status_code
    except requests.ConnectionError:
        return None


def test_node_that_swallows_packets_holds_nobody() -> None:
    """Customers go to the other node."""
    with service_node() as (port, _), swallower() as hole, gateway([hole, port], 1) as (url, _):
        ask(url)
        until(lambda: [ask(url) for _ in range(10)] == [200] * 10, "the other node serves everybody")


def test_nodes_of_the_other_centre_serve_while_there_is_none_of_the_own() -> None:
    """Whoever is refused by the only node of the own waits for the check, and has an answer of the other centre's."""
    with service_node() as (own, process), service_node() as (other, elsewhere), gateway([own], 1, [other]) as (url, _):
        until(lambda: ask(url) == 200, "the nodes serve")
        elsewhere.send_signal(signal.SIGSTOP)
        assert {ask(url) for _ in range(5)} == {200}
        elsewhere.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()
        until(lambda: [ask(url) for _ in range(5)] == [200] * 5, "the other centre's node serves everybody")


def test_frozen_node_is_taken_out_and_holds_nobody() -> None:
    """A request inside a node that is stopped ends when the node is out, long before any customer's patience; then the other one serves."""
    with service_node() as (first, frozen), service_node() as (second, _), gateway([first, second], 1) as (url, _):
        until(lambda: ask(url) == 200, "the nodes serve")
        frozen.send_signal(signal.SIGSTOP)
        assert {ask(url) for _ in range(4)} <= {200, 502, 503, 504, None}
        until(lambda: [ask(url) for _ in range(10)] == [200] * 10, "the other node serves everybody")


def test_gateway_refuses_orders_of_an_older_term_and_undoes_what_comes_too_late(tmp_path: Path) -> None:
    """One token: who was told to lead in term 3 is never let through again in term 4, whoever says so, and by whatever way."""

    async def drill() -> None:
        pointed: list[str] = []
        steered = Gateway(tmp_path / "s", ["db-a", "db-b"], pointed.append)
        steering = asyncio.create_task(steered.steer())
        steered.order("db-a", 3)
        await _until(lambda: not steered.dirty)
        steered.order("db-b", 4)
        with pytest.raises(StaleOrder, match="an order of term 3 comes too late"):
            steered.order("db-a", 3)
        await _until(lambda: not steered.dirty)
        await steered.command("set server db/db-a state ready")  # an order of term 3 that was under way, carried out after its successor
        async with asyncio.timeout(10):
            while "db-a" in await steered.up():  # noqa: ASYNC110 - HAProxy has no event to wait for
                await asyncio.sleep(0.02)
        assert "db-b" in await steered.up()
        assert pointed == ["db-a", "db-b"]
        steering.cancel()

    text = configuration(
        tmp_path / "s",
        [],
        Frontend("db", "127.0.0.1", free_ports(1)[0], [Upstream("db-a", "127.0.0.1", 1), Upstream("db-b", "127.0.0.1", 2)]),
    )
    (tmp_path / "haproxy.cfg").write_text(text)
    with subprocess.Popen([find_haproxy(), "-db", "-f", str(tmp_path / "haproxy.cfg")]) as process:
        try:
            asyncio.run(drill())
        finally:
            process.kill()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
