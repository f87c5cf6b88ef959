"""The link proxy where it does better than Toxiproxy must: no byte lost or out of order, and nothing piled up."""

import asyncio
import contextlib
import re
import socket
import struct
import time
from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import pytest
import requests
from aiohttp import web
from toxiproxy_lab import Toxiproxy, ask, link_to, run, serving

from mock_bank.network.linkproxy.api import Api

BODIES = [
    "POST /proxies",
    "POST /populate",
    "PATCH /proxies/link",
    "POST /proxies/link",
    "POST /proxies/link/toxics",
    "PATCH /proxies/link/toxics/noop_downstream",
]
LINK = {"name": "link", "listen": "127.0.0.1:0", "upstream": "127.0.0.1:9", "enabled": False}
NOOP = {"name": "noop_downstream", "type": "noop"}


@pytest.fixture(scope="module")
def proxy() -> Iterator[Toxiproxy]:
    """The real process."""
    with serving() as there:
        yield there


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
                await link.toxic("latency", "upstream", latency=3, jitter=3)
                await link.toxic("bandwidth", "downstream", rate=20_000)
                await link.remove("latency_upstream")
                await link.remove("bandwidth_downstream")
            await sending
            assert await reading == data + b"bye"

    asyncio.run(asyncio.wait_for(drill(), 60))


def test_toxicity_of_0_never_bites(proxy: Toxiproxy) -> None:
    """Not one of 40 connections is delayed by a minute, and about half are at 0.5."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            await link.toxic("reset_peer", "downstream", toxicity=0, timeout=0)
            for _ in range(40):
                await ask(await link.open())
            await asyncio.to_thread(proxy.call, "PATCH", "/proxies/link/toxics/reset_peer_downstream", {"toxicity": 0.5})
            alive = 0
            for _ in range(60):
                with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                    await ask(await link.open())
                    alive += 1
            assert 0 < alive < 60

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


def test_half_of_a_connection_may_end_before_the_other(proxy: Toxiproxy) -> None:
    """A client that has said all still hears all; Toxiproxy closes both directions with the first."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            reader, writer = await link.open()
            writer.write(b"x" * 100_000)
            writer.write_eof()
            assert await reader.read() == b"x" * 100_000 + b"bye"

    run(drill())


def test_latency_delays_the_end_like_the_rest(proxy: Toxiproxy) -> None:
    """As a longer way would."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            reader, writer = await link.open()
            await link.toxic("latency", "upstream", latency=150)
            start = asyncio.get_running_loop().time()
            writer.write_eof()
            assert await reader.readexactly(3) == b"bye"
            assert asyncio.get_running_loop().time() - start >= 0.149

    run(drill())


def test_reset_peer_resets_connections_that_were_open_before_it_came(proxy: Toxiproxy) -> None:
    """Toxiproxy ends those in the orderly way; and one that has lost bytes is reset when the toxic goes."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            for timeout_ms in (0, 60_000):
                reader, writer = await link.open()
                await ask((reader, writer))
                await link.toxic("reset_peer", "upstream", timeout=timeout_ms)
                writer.write(b"lost")
                if timeout_ms:
                    with pytest.raises(TimeoutError):
                        await asyncio.wait_for(reader.read(1), 0.15)
                    await link.remove("reset_peer_upstream")
                with pytest.raises(ConnectionResetError):
                    await reader.read()
                if not timeout_ms:
                    await link.remove("reset_peer_upstream")

    run(drill())


def test_a_reset_of_one_side_reaches_the_other_as_one(proxy: Toxiproxy) -> None:
    """Toxiproxy makes an end of it."""

    async def abort(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()

    async def drill() -> None:
        async with link_to(proxy, abort) as link:
            reader, writer = await link.open()
            writer.write(b"x")
            with pytest.raises(ConnectionResetError):
                await reader.read()

    run(drill())


def test_toxics_that_would_end_toxiproxy_do_no_harm(proxy: Toxiproxy) -> None:
    """A rate below 0, and slices of no size."""

    async def drill() -> None:
        async with link_to(proxy) as link:
            await link.toxic("slicer", "downstream", average_size=0)
            await link.toxic("bandwidth", "upstream", rate=-1)
            reader, writer = await link.open()
            writer.write(b"held")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.1)
            await link.remove("bandwidth_upstream")
            assert await reader.readexactly(4) == b"held"

    run(drill())


def half(route: str) -> bytes:
    """A request whose body has only begun."""
    return f'{route} HTTP/1.1\r\nHost: here\r\nContent-Length: 99\r\n\r\n{{"enabled":'.encode()


@contextlib.contextmanager
def with_a_link(proxy: Toxiproxy) -> Iterator[Toxiproxy]:
    """A link that has a toxic."""
    proxy.call("POST", "/proxies", LINK, 201)
    proxy.call("POST", "/proxies/link/toxics", NOOP)
    try:
        yield proxy
    finally:
        proxy.call("DELETE", "/proxies/link", status=204)


@pytest.mark.parametrize("route", BODIES)
def test_half_of_a_request_stops_nobody_else(proxy: Toxiproxy, route: str) -> None:
    """Whatever else is asked meanwhile is done at once, an undo above all."""
    at = urlsplit(proxy.url)
    with with_a_link(proxy), socket.create_connection((str(at.hostname), int(at.port or 0))) as unfinished:
        unfinished.sendall(half(route))
        time.sleep(0.1)  # it is read by now
        assert proxy.call("PATCH", "/proxies/link", {"enabled": True})["enabled"]
        proxy.call("DELETE", "/proxies/link/toxics/noop_downstream", status=204)
        proxy.call("POST", "/reset", status=204)
        proxy.call("POST", "/proxies", LINK | {"name": "other"}, 201)
        proxy.call("DELETE", "/proxies/other", status=204)


@pytest.mark.parametrize("how", ["reset", "end"])
def test_whoever_goes_in_the_middle_of_a_request_leaves_no_trace(capfd: pytest.CaptureFixture[str], how: str) -> None:
    """Neither in what is said nor in the links."""
    with serving() as proxy, with_a_link(proxy):
        before, at = proxy.call("GET", "/proxies"), urlsplit(proxy.url)
        for route in BODIES:
            with socket.create_connection((str(at.hostname), int(at.port or 0))) as going:
                going.sendall(half(route))
                time.sleep(0.05)  # it is read by now
                going.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", how == "reset", 0))
        assert proxy.call("GET", "/proxies") == before
    assert capfd.readouterr().err == ""


def test_a_body_that_says_it_is_packed_is_read_as_it_is(proxy: Toxiproxy) -> None:
    """Toxiproxy unpacks nothing."""
    with with_a_link(proxy):
        answer = requests.patch(f"{proxy.url}/proxies/link", '{"enabled":true}', headers={"Content-Encoding": "gzip"}, timeout=5)
        assert (answer.status_code, answer.json()["enabled"]) == (200, True)


@contextlib.asynccontextmanager
async def served() -> AsyncIterator[tuple[str, int]]:
    """The API in this process: where it is."""
    runner = web.AppRunner(Api().application(), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0]
    finally:
        await runner.cleanup()


async def said(there: tuple[str, int], request: bytes) -> bytes:
    """The answer."""
    reader, writer = await asyncio.open_connection(*there)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    body = await reader.readexactly(int(length[1])) if length else b""
    writer.close()
    return head + body


@pytest.mark.parametrize("route", BODIES)
def test_half_of_a_request_is_answered_in_the_end(monkeypatch: pytest.MonkeyPatch, route: str) -> None:
    """In Toxiproxy's words."""
    monkeypatch.setattr("mock_bank.network.linkproxy.api._READ_S", 0.1)

    async def drill() -> None:
        async with served() as there:
            answer = await said(there, half(route))
            assert answer.startswith(b"HTTP/1.1 400 "), answer
            assert b'"error":"bad request body: i/o timeout"' in answer, answer

    run(drill())


def test_a_name_that_nobody_looks_up_in_time_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has asked for it is refused, and others have their turn."""
    monkeypatch.setattr("mock_bank.network.linkproxy.address._LOOKUP_S", 0.1)
    body = b'{"name": "slow", "listen": "slow.example:0", "upstream": "127.0.0.1:9"}'

    async def never(*_args: object, **_more: object) -> list[object]:
        await asyncio.Event().wait()
        return []

    async def drill() -> None:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", never)
        async with served() as there:
            answer = await said(there, b"POST /proxies HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            assert b"listen tcp: lookup slow.example: i/o timeout" in answer, answer
            assert (await said(there, b"POST /reset HTTP/1.1\r\nHost: here\r\n\r\n")).startswith(b"HTTP/1.1 204 ")

    run(drill())
