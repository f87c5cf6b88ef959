"""Requests over connections that stay open: of an HTTP client library a service would use nothing more, and wait for its import."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

MOST_IDLE: Final = 64
"""Connections to one place that are kept while nobody uses them."""

_OLD_S: Final = 20.0  # one that was idle for longer may be about to be closed by the other end

Place = tuple[str | None, int]
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class HttpClient:
    """Asks again over the connections that it has, in one event loop. Nothing is ever sent twice: who broke off may have done it."""

    def __init__(self) -> None:
        """None yet."""
        self._idle: defaultdict[Place, list[tuple[float, Connection]]] = defaultdict(list)

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises:
            OSError: it cannot be reached, or breaks off.
            EOFError: it ends before its answer does.
            ValueError: the answer is no HTTP.
        """
        return await self._ask("POST", url, headers, body)

    async def get(self, url: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer. Raises as `post`."""
        return await self._ask("GET", url, headers, b"")

    def close(self) -> None:
        """Ends the connections that nobody uses."""
        for _, (_, writer) in (one for idle in self._idle.values() for one in idle):
            writer.close()
        self._idle.clear()

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        to = urlsplit(url)
        place: Place = to.hostname, to.port or 80
        reader, writer = self._kept(place) or await asyncio.open_connection(*place)
        lasts = False  # whoever gives up in mid-answer leaves the rest of it in the connection
        try:
            path = f"{to.path}?{to.query}" if to.query else to.path
            lines = [f"{method} {path} HTTP/1.1", f"Host: {to.netloc}", f"Content-Length: {len(body)}"]
            lines += [f"{name}: {value}" for name, value in headers.items()]
            writer.write("\r\n".join([*lines, "", ""]).encode() + body)
            status, told = _head(await reader.readuntil(b"\r\n\r\n"))
            ends = told.get("connection", "").lower() == "close"
            if "content-length" not in told and not ends:
                raise ValueError("the answer does not say where it ends")
            answer = await reader.readexactly(int(told["content-length"])) if "content-length" in told else await reader.read()
            lasts = not ends and headers.get("Connection") != "close"
            return status, answer
        finally:
            if lasts and len(self._idle[place]) < MOST_IDLE:
                self._idle[place].append((time.monotonic(), (reader, writer)))
            else:
                writer.close()

    def _kept(self, place: Place) -> Connection | None:
        """The connection that was used last, where one is left that the other end has not closed."""
        idle = self._idle[place]
        while idle:
            since_s, (reader, writer) = idle.pop()
            if not reader.at_eof() and not writer.is_closing() and time.monotonic() - since_s < _OLD_S:
                return reader, writer
            writer.close()
        return None


async def post(url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    """One request over a connection of its own. Raises as `HttpClient.post`."""
    return await HttpClient().post(url, {**headers, "Connection": "close"}, body)


async def get(url: str, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """The same without a body. Raises as `HttpClient.post`."""
    return await HttpClient().get(url, {**headers, "Connection": "close"})


def _head(text: bytes) -> tuple[int, dict[str, str]]:
    """Status and headers. Raises ValueError."""
    first, *lines = text.decode("latin-1").split("\r\n")
    version, status = first.split(" ")[:2]
    if not version.startswith("HTTP/1."):
        raise ValueError(f"the answer begins with {version[:20]!r}")
    told = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(status), told | ({"connection": "close"} if version == "HTTP/1.0" else {})
