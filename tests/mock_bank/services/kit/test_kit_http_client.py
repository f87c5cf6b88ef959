"""Requests over connections that stay open: as many as are needed, none that has ended, and no answer that is another's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest

from mock_bank.services.kit.http_client import HttpClient, post

Handler = Callable[[str, asyncio.StreamWriter], Awaitable[None]]


class Server:
    """Counts connections; what it answers to a path is the test's."""

    def __init__(self, answer: Handler) -> None:
        """Nobody has come yet."""
        self.answer, self.came, self.url = answer, 0, ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.came += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(int(line.partition(b":")[2]) for line in head.splitlines() if line.lower().startswith(b"content-length"))
                await reader.readexactly(length)
                await self.answer(head.split(b" ")[1].decode(), writer)
                if b"Connection: close" in head:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def says(path: str, writer: asyncio.StreamWriter) -> None:
    """The path; some paths are answered in ways of their own."""
    if path == "/never":
        await asyncio.sleep(60)
    if path == "/endless":
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        return
    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(path)}\r\n\r\n{path}".encode())
    if path == "/last":
        writer.close()


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Server, HttpClient]]:
    """A server and a client of its own."""
    server, client = Server(says), HttpClient()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server, client
    finally:
        client.close()
        listening.close()


def playing(story: Callable[[Server, HttpClient], Coroutine[None, None, None]]) -> None:
    """Plays a story with both."""

    async def play() -> None:
        async with served() as (server, client):
            await story(server, client)

    asyncio.run(play())


def test_one_after_the_other_goes_over_one_connection_and_all_at_once_over_many() -> None:
    """Each gets its own answer."""

    async def story(server: Server, client: HttpClient) -> None:
        for number in range(5):
            assert await client.post(f"{server.url}/{number}", {}, b"x") == (200, f"/{number}".encode())
        assert server.came == 1
        paths = [f"/at-once?{number}" for number in range(10)]
        told = await asyncio.gather(*(client.get(server.url + path, {}) for path in paths))
        assert [body.decode() for _, body in told] == paths
        assert server.came == 10

    playing(story)


def test_a_connection_that_the_other_end_has_closed_is_not_used_again() -> None:
    """A restarted supplier costs nobody an answer."""

    async def story(server: Server, client: HttpClient) -> None:
        assert await client.post(f"{server.url}/last", {}, b"") == (200, b"/last")
        [[(_, (reader, _))]] = client._idle.values()
        await asyncio.wait_for(reader.read(), 10)  # while its end is on the way, one that is asked fails, and is not sent twice
        assert await client.post(f"{server.url}/next", {}, b"") == (200, b"/next")
        assert server.came == 2

    playing(story)


def test_who_gave_up_leaves_nobody_his_answer() -> None:
    """The connection of an answer that was not awaited, or could not be read, is ended."""

    async def story(server: Server, client: HttpClient) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.post(f"{server.url}/never", {}, b""), 0.1)
        assert await client.post(f"{server.url}/own", {}, b"") == (200, b"/own")
        with pytest.raises(ValueError, match="does not say where it ends"):
            await client.post(f"{server.url}/endless", {}, b"")
        assert await client.post(f"{server.url}/own", {}, b"") == (200, b"/own")
        assert server.came == 3

    playing(story)


def test_a_single_request_keeps_nothing_open() -> None:
    """Whoever asks seldom has a connection of his own."""

    async def story(server: Server, _client: HttpClient) -> None:
        for _ in range(2):
            assert await post(f"{server.url}/one", {"X": "y"}, b"body") == (200, b"/one")
        assert server.came == 2

    playing(story)
