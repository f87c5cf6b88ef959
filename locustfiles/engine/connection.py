"""One keep-alive connection: sends a request, reads its answer, and names the way it broke where none comes."""

import _socket  # the C class in it: Locust patches the other one
import asyncio
from collections.abc import Callable
from time import monotonic_ns
from typing import Protocol, cast

import httptools

from locustfiles.engine.calls import Call
from scenarios.speech import Break

MOST_BYTES = 8 << 20
"""An answer beyond this is cut off and counts as garbled."""

_FIRST_FINAL = 200
_UNKNOWN_HEAD = (0, -1 << 40)


class OwnSocket(_socket.socket):
    """A socket whose descriptor belongs to the event loop: closing it only lets go, so no number is ever closed twice."""

    def close(self) -> None:
        """Lets the descriptor go."""
        self.detach()


_MOST_HEADS = 4096

Heads = dict[bytes, tuple[int, int]]
"""Heads of answers that httptools has read before, framed by length and kept alive: their status, and the bytes of the body.

The same bytes mean the same, so an answer whose head is known and whose length fits needs no second reading.
"""


class Home(Protocol):
    """Where a connection belongs."""

    heads: Heads

    def replied(self, connection: "Connection", call: Call) -> None:
        """An answer is complete."""

    def broke(self, connection: "Connection", call: Call, how: Break) -> None:
        """No answer will come."""

    def gone(self, connection: "Connection") -> None:
        """The connection is no more."""

    def soon(self, callback: Callable[[Break], None], how: Break) -> None:
        """Calls back in the loop's next round."""


class Connection(asyncio.Protocol):
    """At most one attempt at a time is under way on it."""

    __slots__ = (
        "_body",
        "_clogged",
        "_complete",
        "_direct",
        "_feed",
        "_got",
        "_heads",
        "_home",
        "_keep",
        "_parser",
        "_transport",
        "alive",
        "before",
        "call",
        "connect_ns",
        "deadline_ns",
        "raw",
        "status",
        "used",
        "wheel_ns",
    )

    def __init__(self, home: Home, direct: OwnSocket | None) -> None:
        """`direct` is the plain socket under the transport; None where TLS lies between."""
        self._home = home
        self._heads = home.heads
        self._direct = direct
        self._parser = httptools.HttpResponseParser(self)
        self._feed = self._parser.feed_data
        self._clogged = False
        self.alive = False
        self.used = False
        self.call: Call | None = None
        self.deadline_ns = 0
        self.wheel_ns = 0
        self.connect_ns = 0
        self._expect()

    def _expect(self) -> None:
        self._complete = False
        self._keep = True
        self._got = 0
        self._body: bytes | list[bytes] | int = b""  # a number: where it starts in raw
        self.raw = b""
        self.before = 0
        self.status = 0

    @property
    def body(self) -> bytes:
        """The answer's body."""
        body = self._body
        return body if isinstance(body, bytes) else b"".join(body) if isinstance(body, list) else self.raw[body:]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The event loop's word that it stands."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are none by descent
        self.alive = True

    @property
    def transport(self) -> asyncio.Transport:
        """The transport under it."""
        return self._transport

    def send(self, call: Call, deadline_ns: int) -> None:
        """Sends an attempt's bytes; its end comes to the home."""
        self.call = call
        self.deadline_ns = deadline_ns
        data = call.data
        if self._direct is None or (self._clogged and self._transport.get_write_buffer_size()):
            self._transport.write(data)
            return
        try:
            sent = self._direct.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.alive = False
            self._home.soon(self._end, Break.RESET)  # not now: whoever asked is still in the middle of asking
            return
        self._clogged = sent < len(data)
        if self._clogged:
            self._transport.write(data[sent:])

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer, or of nothing that was asked for."""
        call = self.call
        if call is None:
            self.close()
            return
        if not self.raw:
            self.raw = data
            self._got = len(data)
            end = data.find(b"\r\n\r\n")
            status, length = self._heads.get(data[:end], _UNKNOWN_HEAD)
            if length + end + 4 == self._got:
                self.status = status
                self._body = end + 4
                self._finish(call)
                return
            self._read(data, call)
            return
        if self._head_is_cut():
            self.raw += data
        self._got += len(data)
        self._read(data, call)

    def _read(self, data: bytes, call: Call) -> None:
        try:
            self._feed(data)
        except httptools.HttpParserError:
            self._keep = False
            if not self._complete:
                self._end(Break.GARBLED)
                return
        if self._complete:
            self._learn_head()
            self._finish(call)
        elif self._got > MOST_BYTES:
            self._end(Break.GARBLED)

    def _learn_head(self) -> None:
        """Remembers the head of an answer that came whole, in one piece, and leaves the connection open."""
        end = self.raw.find(b"\r\n\r\n")
        head = self.raw[:end]
        if self._keep and not self.before and self._got == len(self.raw) and b"\r\ntransfer-encoding" not in head.lower():
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            self._heads[head] = (self.status, self._got - end - 4)

    def _head_is_cut(self) -> bool:
        return self.raw.count(b"\r\n\r\n") <= self.before and len(self.raw) < MOST_BYTES

    def _finish(self, call: Call) -> None:
        call.done_ns = monotonic_ns()
        call.status = self.status
        call.size = self._got
        self.call = None
        self.deadline_ns = 0
        self.used = True
        if not self._keep:
            self.close()
        self._home.replied(self, call)

    def ready_again(self) -> None:
        """The answer has been read; another may come."""
        self._expect()

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of the body."""
        if self._complete:
            self._keep = False
        elif isinstance(self._body, list):
            self._body.append(body)
        elif self._body:
            self._body = [bytes(self._body), body]
        else:
            self._body = body

    def on_message_complete(self) -> None:
        """httptools: the whole answer is there. Interim (1xx) answers are passed over; a second one is nothing that was asked for."""
        if self._complete:
            self._keep = False
            return
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL:
            self.before += 1
            return
        self.status = status
        self._complete = True
        if not self._parser.should_keep_alive():
            self._keep = False

    def eof_received(self) -> None:
        """The other side sends no more. An answer without length ends here; any other is cut off."""
        call = self.call
        self.alive = False
        if call is None:
            return
        head = self.raw.lower().split(b"\r\n\r\n")[self.before : -1]
        endless = bool(head) and b"\r\ncontent-length:" not in head[0] and b"\r\ntransfer-encoding:" not in head[0]
        if endless and self._parser.get_status_code() >= _FIRST_FINAL:
            self.status = self._parser.get_status_code()
            self._keep = False
            self._finish(call)
        else:
            self._end(Break.RESET)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The event loop's word that it is gone."""
        self.alive = False
        if self.call is not None:
            self._end(Break.RESET)
        self._home.gone(self)

    def expire(self, now_ns: int) -> None:  # noqa: ARG002 - the wheel's signature
        """The answer takes too long."""
        self._end(Break.TIMEOUT)

    def _end(self, how: Break) -> None:
        call, self.call = self.call, None
        self.deadline_ns = 0
        self.close()
        if call is not None:
            call.end_unanswered(monotonic_ns())
            call.size = self._got
            self._home.broke(self, call, how)

    def close(self) -> None:
        """Ends it; `gone` follows."""
        self.alive = False
        self._transport.abort()
