"""Customers who each wait for their answer before they ask again, and cost so little themselves that what is measured keeps its cores."""

import asyncio
import time
from collections.abc import Callable
from urllib.parse import urlsplit

_LENGTH = b"content-length:"
_LAST_ANSWER_S = 30.0


class Customer(asyncio.Protocol):
    """One connection, on which one question follows the other until the time is over."""

    def __init__(self, ask: Callable[[], bytes], well: bytes, until: float) -> None:
        """`ask` gives the bytes of the next request; an answer with `well` in it counts."""
        self.done = 0
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ask, self._well, self._until = ask, well, until
        self._pieces = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The first question."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._ask())

    def data_received(self, data: bytes) -> None:
        """The next one, once the answer is whole."""
        self._pieces += data
        head, end, body = self._pieces.partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            return
        self.done += self._well in body
        self._pieces = b""
        assert self._transport is not None
        if time.monotonic() < self._until:
            self._transport.write(self._ask())
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over; where the other side cut it, that is told."""
        if exc or time.monotonic() < self._until:
            self.over.set_exception(exc or ConnectionResetError("it was cut before the time was over"))
        else:
            self.over.set_result(None)


def _length(head: bytes) -> int:
    lower = head.lower()
    return int(lower[lower.index(_LENGTH) + len(_LENGTH) :].split(b"\r\n", 1)[0])


async def asked_by(base: str, customers: list[Callable[[], bytes]], well: bytes, seconds: float) -> int:
    """How many answers had `well` in them, of customers who each ask for so long at that base URL.

    Raises:
        OSError: a connection was refused or cut.
        TimeoutError: an answer was not there half a minute after the time was over.
    """
    address, loop, until = urlsplit(base), asyncio.get_running_loop(), time.monotonic() + seconds
    there = [await loop.create_connection(lambda ask=ask: Customer(ask, well, until), address.hostname, address.port) for ask in customers]
    try:
        async with asyncio.timeout(seconds + _LAST_ANSWER_S):
            await asyncio.gather(*(one.over for _, one in there))
    finally:
        for transport, _ in there:
            transport.close()
    return sum(one.done for _, one in there)
