"""What toxics do to streams is what Toxiproxy's do: against the link proxy and, where it is there, against the real server."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from toxiproxy_lab import SERVERS, Toxiproxy, ask, link_to, run, serving

QUIET_S = 0.15  # nothing comes within it


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Toxiproxy]:
    """Each of them."""
    with serving(request.param) as proxy:
        yield proxy


async def obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers every byte with itself until it is told to quit."""
    while data := await reader.read(65536):
        if data.endswith(b"quit"):
            break
        writer.write(data)
        await writer.drain()
    writer.close()


async def quiet(reader: asyncio.StreamReader) -> bool:
    """Whether there is neither a byte nor an end for a while."""
    try:
        await asyncio.wait_for(reader.read(1), QUIET_S)
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize("kind", ["noop", "latency", "slow_close", "slicer"])
def test_a_toxic_that_was_told_nothing_lets_all_pass(server: Toxiproxy, kind: str) -> None:
    """Both ways, the end included."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            size = {"average_size": 5000} if kind == "slicer" else {}
            await link.toxic(kind, "upstream", **size)
            await link.toxic(kind, "downstream", **size)
            reader, writer = await link.open()
            await ask((reader, writer), b"x" * 100_000)
            writer.write(b"quit")
            assert await reader.read() == b""

    run(drill())


def test_latency_delays_connections_that_are_open_already(server: Toxiproxy) -> None:
    """Each direction by its own toxic, and no longer once it is removed."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            streams = await link.open()
            await ask(streams)
            await link.toxic("latency", "upstream", latency=100)
            await link.toxic("latency", "downstream", latency=150)
            assert await ask(streams) >= 0.249
            await link.remove("latency_upstream")
            assert await ask(streams) >= 0.149
            await link.remove("latency_downstream")
            await ask(streams)

    run(drill())


def test_a_change_counts_for_what_is_held(server: Toxiproxy) -> None:
    """Bytes that would have come in a minute come now."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await ask((reader, writer))
            await link.toxic("latency", "downstream", latency=60_000)
            writer.write(b"soon")
            assert await quiet(reader)
            await link.change({"attributes": {"latency": 5}}, "latency_downstream")
            assert await reader.readexactly(4) == b"soon"

    run(drill())


def test_bandwidth_bounds_the_rate(server: Toxiproxy) -> None:
    """100 kB at 200 kB/s take half a second; the link carries on at full speed afterwards."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            streams = await link.open()
            await link.toxic("bandwidth", "upstream", rate=200)
            assert await ask(streams, b"x" * 100_000) >= 0.4
            await link.remove("bandwidth_upstream")
            await ask(streams, b"x" * 1_000_000)

    run(drill())


@pytest.mark.parametrize("release", ["removed", "widened"])
def test_a_bandwidth_of_0_passes_nothing_and_loses_nothing(server: Toxiproxy, release: str) -> None:
    """What it held comes when it is removed, or given a rate."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await link.toxic("bandwidth", "downstream", rate=0)
            writer.write(b"held")
            assert await quiet(reader)
            if release == "removed":
                await link.remove("bandwidth_downstream")
            else:
                await link.change({"attributes": {"rate": 1000}}, "bandwidth_downstream")
            assert await reader.readexactly(4) == b"held"

    run(drill())


def test_a_bandwidth_of_0_passes_the_end_of_a_stream_that_says_nothing(server: Toxiproxy) -> None:
    """There is nothing that the end would have to wait for."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await link.toxic("bandwidth", "downstream", rate=0)
            writer.write(b"quit")
            assert await reader.read() == b""

    run(drill())


def test_slicer_cuts_and_delays(server: Toxiproxy) -> None:
    """A hundred bytes in pieces of ten, 20 ms apart, are whole and take their time."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await link.toxic("slicer", "downstream", average_size=10, size_variation=0, delay=20_000)
            writer.write(bytes(range(100)))
            pieces, start = [await reader.read(100)], time.monotonic()
            while len(b"".join(pieces)) < 100:
                pieces.append(await reader.read(100))
            assert b"".join(pieces) == bytes(range(100))
            assert time.monotonic() - start >= 0.1
            assert len(pieces[0]) <= 10

    run(drill())


def test_black_hole_swallows_until_it_is_removed_and_then_closes(server: Toxiproxy) -> None:
    """A stream that has lost bytes never goes on; removing the toxic answers at once; a new connection is whole."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await ask((reader, writer))
            await link.toxic("timeout", "upstream", timeout=0)
            writer.write(b"lost")
            assert await quiet(reader)
            await link.remove("timeout_upstream")
            assert await reader.read() == b""
            await ask(await link.open())

    run(drill())


def test_black_hole_passes_the_end_that_the_other_side_makes(server: Toxiproxy) -> None:
    """Without the bytes that were said before it."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await link.toxic("timeout", "downstream", timeout=0)
            writer.write(b"lost")
            assert await quiet(reader)
            writer.write(b"quit")
            assert await reader.read() == b""

    run(drill())


def test_timeout_closes_after_its_time(server: Toxiproxy) -> None:
    """Not before."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, _ = await link.open()
            start = time.monotonic()
            await link.toxic("timeout", "downstream", timeout=200)
            assert await reader.read() == b""
            assert time.monotonic() - start >= 0.199

    run(drill())


def test_timeout_does_not_close_while_bytes_keep_coming(server: Toxiproxy) -> None:
    """Only once none have come for its time; a gap of our own making is no gap of the toxic's."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await link.toxic("timeout", "upstream", timeout=400)
            start = last = time.monotonic()
            widest = 0.0
            while time.monotonic() - start < 0.9 and not reader.at_eof():
                writer.write(b"x")
                await asyncio.sleep(0.01)
                now = time.monotonic()
                widest, last = max(widest, now - last), now
            assert not reader.at_eof() or widest > 0.3
            assert await reader.read() == b""
            assert time.monotonic() - last >= 0.35 or widest > 0.3

    run(drill())


@pytest.mark.parametrize("stream", ["upstream", "downstream"])
def test_reset_peer_resets_at_the_next_bytes(server: Toxiproxy, stream: str) -> None:
    """With a TCP reset, not with an end of stream; who says nothing is left alone."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            await link.toxic("reset_peer", stream, timeout=0)
            reader, writer = await link.open()
            assert await quiet(reader)
            writer.write(b"ping")
            with pytest.raises(ConnectionResetError):
                await reader.read()

    run(drill())


def test_reset_peer_waits_after_the_bytes(server: Toxiproxy) -> None:
    """For its time."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            await link.toxic("reset_peer", "upstream", timeout=200)
            reader, writer = await link.open()
            start = time.monotonic()
            writer.write(b"ping")
            with pytest.raises(ConnectionResetError):
                await reader.read()
            assert time.monotonic() - start >= 0.199

    run(drill())


def test_reset_peer_that_is_removed_before_bytes_come_has_done_nothing(server: Toxiproxy) -> None:
    """The connection goes on."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            streams = await link.open()
            await ask(streams)
            await link.toxic("reset_peer", "upstream", timeout=0)
            await link.remove("reset_peer_upstream")
            await ask(streams)

    run(drill())


def test_slow_close_delays_the_end_and_nothing_else(server: Toxiproxy) -> None:
    """The bytes come at once."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await link.toxic("slow_close", "downstream", delay=300)
            await ask((reader, writer))
            start = time.monotonic()
            writer.write(b"quit")
            assert await reader.read() == b""
            assert time.monotonic() - start >= 0.299

    run(drill())


@pytest.mark.parametrize("latency_ms", [0, 100])
def test_limit_data_closes_after_so_many_bytes(server: Toxiproxy, latency_ms: int) -> None:
    """And lets exactly these through, what stands behind it included."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await link.toxic("limit_data", "downstream", bytes=5)
            await link.toxic("latency", "downstream", latency=latency_ms)
            writer.write(b"0123456789")
            assert await reader.read() == b"01234"

    run(drill())


def test_toxics_bite_in_the_order_that_they_came(server: Toxiproxy) -> None:
    """The delays of two add up."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            for name in ("a", "b"):
                body = {"name": name, "type": "latency", "attributes": {"latency": 60}}
                await asyncio.to_thread(server.call, "POST", "/proxies/link/toxics", body)
            assert await ask(await link.open()) >= 0.119

    run(drill())


def test_disabling_cuts_and_refuses_and_enabling_serves_again(server: Toxiproxy) -> None:
    """At the same address."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            reader, writer = await link.open()
            await ask((reader, writer))
            for _ in range(10):
                await link.change({"enabled": False})
                with pytest.raises(ConnectionRefusedError):
                    await link.open()
                await link.change({"enabled": True})
                await ask(await link.open())
            assert await reader.read() == b""

    run(drill())


@pytest.mark.parametrize("upstream", ["127.0.0.1:9", "nowhere", "", "nohost.invalid:80"])
def test_who_comes_to_a_dead_upstream_is_taken_and_let_go(server: Toxiproxy, upstream: str) -> None:
    """With an end of stream, and no reset."""

    async def drill() -> None:
        async with link_to(server) as link:
            await link.change({"upstream": upstream})
            reader, _ = await link.open()
            assert await reader.read() == b""

    run(drill())


@pytest.mark.parametrize("listen", ["[::1]:0", "[::]:0", "0.0.0.0:0", "localhost:0"])
def test_links_listen_where_they_are_asked_to(server: Toxiproxy, listen: str) -> None:
    """And carry bytes there."""

    async def drill() -> None:
        async with link_to(server, obey, listen) as link:
            await ask(await link.open())

    run(drill())


def test_an_upstream_can_be_a_name(server: Toxiproxy) -> None:
    """It is looked up when somebody connects."""

    async def drill() -> None:
        async with link_to(server, obey) as link:
            there = await asyncio.to_thread(server.call, "GET", "/proxies/link")
            await link.change({"upstream": there["upstream"].replace("127.0.0.1", "localhost")})
            await ask(await link.open())

    run(drill())
