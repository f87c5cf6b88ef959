"""The link proxy: Toxiproxy's API, and what its toxics do to real streams."""

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
import requests
from world_lab import CHECKOUT, until

from mock_bank.layout.ports import free_ports

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Toxiproxy:
    """A client of the API, as small as a real one."""

    def __init__(self, url: str) -> None:
        """`url` is the API's."""
        self.url = url

    def call(self, method: str, path: str, body: object = None, status: int = 200) -> dict:
        """One call with the expected status; the JSON of the answer."""
        answer = requests.request(method, self.url + path, json=body, timeout=3)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else {}

    def toxic(self, kind: str, stream: str = "downstream", toxicity: float = 1.0, **attributes: int) -> dict:
        """Put a toxic on the link."""
        body = {"type": kind, "stream": stream, "toxicity": toxicity, "attributes": attributes}
        return self.call("POST", "/proxies/link/toxics", body)

    def remove(self, name: str) -> None:
        """Take a toxic off the link."""
        self.call("DELETE", f"/proxies/link/toxics/{name}", status=204)


@pytest.fixture(scope="module")
def proxy() -> Iterator[Toxiproxy]:
    """The real process."""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    process = subprocess.Popen([sys.executable, "-m", "mock_bank.network.linkproxy", address], cwd=CHECKOUT)

    def up() -> bool:
        with contextlib.suppress(requests.ConnectionError):
            return requests.get(f"http://{address}/version", timeout=1).json()["version"].startswith("2.")
        return False

    try:
        until(up, "the link proxy answers")
        yield Toxiproxy(f"http://{address}")
    finally:
        process.terminate()
        assert process.wait(10) == 0


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write(b"bye")
    writer.write_eof()
    await asyncio.Event().wait()


class Link:
    """A link named `link` to a server on port 0."""

    def __init__(self, proxy: Toxiproxy, address: str, writers: list[asyncio.StreamWriter]) -> None:
        """`writers` collects the client's ends of the connections, for the one who must close them."""
        self.proxy, self.address, self._writers = proxy, address, writers

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection through the link."""
        host, port = self.address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        self._writers.append(writer)
        return reader, writer


@contextlib.asynccontextmanager
async def link_to(proxy: Toxiproxy, handler: Handler = _echo) -> AsyncIterator[Link]:
    """A link to a server with this handler, for as long as the test wants it."""
    writers: list[asyncio.StreamWriter] = []
    handlers: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.create_task(handler(reader, writer)))
        writers.append(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = await asyncio.to_thread(proxy.call, "POST", "/proxies", {"name": "link", "upstream": f"127.0.0.1:{port}"}, 201)
    try:
        yield Link(proxy, made["listen"], writers)
    finally:
        await asyncio.to_thread(proxy.call, "DELETE", "/proxies/link", None, 204)
        server.close()
        for task in handlers:
            task.cancel()
        for writer in writers:
            writer.transport.abort()
        await asyncio.gather(*handlers, *(writer.wait_closed() for writer in writers), return_exceptions=True)


async def _ask(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], data: bytes = b"ping") -> float:
    """Send and read back; the seconds that it took."""
    reader, writer = streams
    start = time.monotonic()
    writer.write(data)
    assert await reader.readexactly(len(data)) == data
    return time.monotonic() - start


def run(drill: Awaitable[None]) -> None:
    """Run a drill with a deadline."""

    async def bounded() -> None:
        async with asyncio.timeout(20):
            await drill

    asyncio.run(bounded())


def test_api_speaks_toxiproxys_words(proxy: Toxiproxy) -> None:
    """Creation, defaults, conflicts and refusals look as a Toxiproxy client expects them."""
    made = proxy.call("POST", "/proxies", {"name": "api", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9"}, 201)
    assert (made["enabled"], made["toxics"]) == (True, [])
    toxic = proxy.call("POST", "/proxies/api/toxics", {"type": "latency", "attributes": {"latency": 5}})
    shape = {"name": "latency_downstream", "type": "latency", "stream": "downstream", "toxicity": 1.0}
    assert toxic == {**shape, "attributes": {"latency": 5, "jitter": 0}}
    changed = proxy.call("PATCH", "/proxies/api/toxics/latency_downstream", {"attributes": {"jitter": 2}})
    assert changed["attributes"] == {"latency": 5, "jitter": 2}
    assert proxy.call("POST", "/proxies/api", {"enabled": False})["enabled"] is False
    proxy.call("POST", "/reset", status=204)
    after = proxy.call("GET", "/proxies")["api"]
    assert (after["enabled"], after["toxics"], after["listen"]) == (True, [], made["listen"])
    again = proxy.call("POST", "/populate", [{"name": "api", "listen": made["listen"], "upstream": "127.0.0.1:9"}], 201)
    assert again["proxies"] == [after]
    proxy.call("DELETE", "/proxies/api", status=204)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "title"),
    [
        ("GET", "/proxies/none", None, 404, "proxy not found"),
        ("GET", "/proxies/refusing/toxics/none", None, 404, "toxic not found"),
        ("POST", "/proxies", {"name": "refusing", "upstream": "127.0.0.1:9"}, 409, "proxy already exists"),
        ("POST", "/proxies", {"upstream": "127.0.0.1:9"}, 400, "missing required field"),
        ("POST", "/proxies", {"name": "x", "upstream": "nowhere"}, 400, "bad request body"),
        ("POST", "/proxies/refusing/toxics", {"type": "gremlin"}, 400, "invalid toxic type"),
        ("POST", "/proxies/refusing/toxics", {"type": "latency", "attributes": {"delay": 1}}, 400, "bad request body"),
        ("POST", "/proxies/refusing/toxics", {"type": "latency", "attributes": {"latency": -1}}, 400, "bad request body"),
        ("POST", "/proxies/refusing/toxics", {"type": "latency", "toxicity": 2}, 400, "bad request body"),
        (
            "POST",
            "/proxies/refusing/toxics",
            {"type": "latency", "stream": "sideways"},
            400,
            "stream was invalid, can be either upstream or downstream",
        ),
        ("GET", "/nowhere", None, 404, "Not Found"),
    ],
)
def test_api_refuses_in_toxiproxys_words(proxy: Toxiproxy, method: str, path: str, body: object, status: int, title: str) -> None:
    """Every refusal has an error, a title and the status in its body."""
    made = requests.post(f"{proxy.url}/proxies", json={"name": "refusing", "upstream": "127.0.0.1:9"}, timeout=3)
    assert made.status_code in {201, 409}
    told = proxy.call(method, path, body, status)
    assert (told["title"], told["status"]) == (title, status)
    assert told["error"]


def test_stream_passes_unchanged_with_and_without_toxics_while_they_come_and_go(proxy: Toxiproxy) -> None:
    """20 MB through a link whose toxics change all the time arrive whole and in order, end included."""
    data = bytes(range(256)) * 80_000

    async def drill() -> None:
        async with link_to(proxy) as link:
            reader, writer = await link.open()
            reading = asyncio.create_task(reader.read(-1))

            async def send() -> None:
                for start in range(0, len(data), 500_000):
                    writer.write(data[start : start + 500_000])
                    await writer.drain()
                writer.write_eof()

            sending = asyncio.create_task(send())
            for _ in range(15):
                await asyncio.to_thread(proxy.toxic, "latency", "upstream", latency=3, jitter=3)
                await asyncio.to_thread(proxy.toxic, "bandwidth", "downstream", rate=20_000)
                await asyncio.to_thread(proxy.remove, "latency_upstream")
                await asyncio.to_thread(proxy.remove, "bandwidth_downstream")
            await sending
            assert await reading == data + b"bye"

    asyncio.run(asyncio.wait_for(drill(), 60))


def test_latency_delays_connections_that_are_open_already(proxy: Toxiproxy) -> None:
    """Each direction by its own toxic, and no longer once it is removed."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            streams = await link.open()
            await _ask(streams)
            await asyncio.to_thread(proxy.toxic, "latency", "upstream", latency=100)
            await asyncio.to_thread(proxy.toxic, "latency", "downstream", latency=150)
            assert await _ask(streams) >= 0.25
            await asyncio.to_thread(proxy.remove, "latency_upstream")
            assert await _ask(streams) >= 0.15
            await asyncio.to_thread(proxy.call, "PATCH", "/proxies/link/toxics/latency_downstream", {"toxicity": 0})
            await asyncio.to_thread(proxy.call, "PATCH", "/proxies/link/toxics/latency_downstream", {"attributes": {"latency": 60_000}})
            await _ask(streams)

    run(drill())


def test_bandwidth_bounds_the_rate(proxy: Toxiproxy) -> None:
    """100 kB at 200 kB/s take at least half a second; the link carries on at full speed afterwards."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            streams = await link.open()
            await asyncio.to_thread(proxy.toxic, "bandwidth", "upstream", rate=200)
            assert await _ask(streams, b"x" * 100_000) >= 0.49
            await asyncio.to_thread(proxy.remove, "bandwidth_upstream")
            await _ask(streams, b"x" * 1_000_000)

    run(drill())


def test_toxicity_of_0_never_bites(proxy: Toxiproxy) -> None:
    """Not one of 40 connections is delayed by a minute, and about half are at 0.5."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            await asyncio.to_thread(proxy.toxic, "reset_peer", "downstream", toxicity=0, timeout=0)
            for _ in range(40):
                await _ask(await link.open())
            await asyncio.to_thread(proxy.call, "PATCH", "/proxies/link/toxics/reset_peer_downstream", {"toxicity": 0.5})
            alive = 0
            for _ in range(60):
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    await _ask(await link.open())
                    alive += 1
            assert 0 < alive < 60

    run(drill())


def test_black_hole_swallows_until_it_is_removed_and_then_closes(proxy: Toxiproxy) -> None:
    """A stream that has lost bytes never goes on; removing the toxic answers at once; a new connection is whole."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            reader, writer = await link.open()
            await _ask((reader, writer))
            await asyncio.to_thread(proxy.toxic, "timeout", "upstream", timeout=0)
            writer.write(b"lost")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.3)
            await asyncio.to_thread(proxy.remove, "timeout_upstream")
            assert await reader.read() == b""
            await _ask(await link.open())

    run(drill())


def test_timeout_closes_after_its_time(proxy: Toxiproxy) -> None:
    """Not before."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            reader, _ = await link.open()
            start = time.monotonic()
            await asyncio.to_thread(proxy.toxic, "timeout", "downstream", timeout=300)
            assert await reader.read() == b""
            assert time.monotonic() - start >= 0.3

    run(drill())


def test_reset_peer_resets_open_connections(proxy: Toxiproxy) -> None:
    """With a TCP reset, not with an end of stream, even where nothing is being sent."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            reader, writer = await link.open()
            await _ask((reader, writer))
            await asyncio.to_thread(proxy.toxic, "reset_peer", "upstream", timeout=0)
            with pytest.raises(ConnectionResetError):
                await reader.read()

    run(drill())


def test_slow_close_delays_the_end_and_nothing_else(proxy: Toxiproxy) -> None:
    """The bytes come at once."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            reader, writer = await link.open()
            await asyncio.to_thread(proxy.toxic, "slow_close", "downstream", delay=300)
            await _ask((reader, writer))
            writer.write_eof()
            assert await reader.readexactly(3) == b"bye"
            start = time.monotonic()
            assert await reader.read() == b""
            assert time.monotonic() - start >= 0.25

    run(drill())


def test_limit_data_closes_after_so_many_bytes(proxy: Toxiproxy) -> None:
    """And lets exactly these through."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            reader, writer = await link.open()
            await asyncio.to_thread(proxy.toxic, "limit_data", "downstream", bytes=5)
            writer.write(b"0123456789")
            assert await reader.read() == b"01234"

    run(drill())


def test_disabling_cuts_and_refuses_and_enabling_serves_again(proxy: Toxiproxy) -> None:
    """At the same address."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            reader, writer = await link.open()
            await _ask((reader, writer))
            for _ in range(20):
                await asyncio.to_thread(proxy.call, "POST", "/proxies/link", {"enabled": False})
                with pytest.raises(ConnectionRefusedError):
                    await link.open()
                await asyncio.to_thread(proxy.call, "POST", "/proxies/link", {"enabled": True})
                await _ask(await link.open())
            assert await reader.read() == b""

    run(drill())


def test_dead_upstream_resets_the_client(proxy: Toxiproxy) -> None:
    """The client learns at once that nobody is there."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            await asyncio.to_thread(proxy.call, "POST", "/proxies/link", {"upstream": "127.0.0.1:9"})
            with pytest.raises(ConnectionResetError):  # which may come before the connection is even seen as open
                await (await link.open())[0].read()

    run(drill())


def test_slow_reader_stops_the_sender(proxy: Toxiproxy) -> None:
    """What nobody reads is not piled up in the proxy: the sender is held back after a few MB."""

    async def deaf(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async def drill() -> None:
        async with link_to(proxy, deaf) as link:
            _, writer = await link.open()
            sent, chunk = 0, b"x" * 1_000_000
            with contextlib.suppress(TimeoutError):
                while sent < 200:
                    writer.write(chunk)
                    await asyncio.wait_for(writer.drain(), 0.5)
                    sent += 1
            assert sent < 60
            writer.transport.abort()

    run(drill())
