"""The link proxy where it does better than Toxiproxy must: no byte lost or out of order, and nothing piled up."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterator

import pytest
from toxiproxy_lab import Toxiproxy, ask, link_to, run, serving


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
