"""One keep-alive connection: sends a request, reads its answer, and names the way it broke where none comes."""

import _socket  # the C class in it: Locust patches the other one
import asyncio
from collections.abc import Callable
from time import monotonic_ns
from typing import Protocol, cast

import httptools

from locustfiles.engine.attempt import Call
from locustfiles.engine.response_decoder import Head
from scenarios.target.operation_codec import TransportError

MOST_BYTES = 8 << 20
"""An answer beyond this is cut off and counts as garbled."""

_FIRST_FINAL = 200


class OwnSocket(_socket.socket):
    """A socket whose descriptor belongs to the event loop: closing it only lets go, so no number is ever closed twice."""

    def close(self) -> None:
        """Lets the descriptor go."""
        self.detach()


_MOST_HEADS = 4096

Heads = dict[bytes, Head]
"""Heads of answers that httptools has read before, framed by length and kept alive.

An answer whose head is known and whose length fits needs no second reading.
"""


class Home(Protocol):
    """Where a connection belongs."""

    heads: Heads

    def replied(self, connection: "Connection", call: Call, head: Head, data: bytes, start: int) -> None:
        """An answer is complete; its body is `data` from `start` on."""

    def broke(self, connection: "Connection", call: Call, how: TransportError) -> None:
        """No answer will come."""

    def gone(self, connection: "Connection") -> None:
        """The connection is no more."""

    def soon(self, callback: Callable[[TransportError], None], how: TransportError) -> None:
        """Calls back in the loop's next round."""


class Shelf(dict["Connection", None]):
    """Idle connections: a stack from which any can be taken. Once closed, what comes back to it is closed too."""

    __slots__ = ("closed",)

    def __init__(self) -> None:
        """Empty, and open."""
        self.closed = False


class Connection(asyncio.Protocol):
    """At most one attempt at a time is under way on it."""

    __slots__ = (
        "_before",
        "_body",
        "_clogged",
        "_direct",
        "_feed",
        "_got",
        "_heads",
        "_home",
        "_keep",
        "_parser",
        "_raw",
        "_status",
        "_transport",
        "alive",
        "call",
        "connect_us",
        "deadline_ns",
        "shelf",
        "used",
        "wheel_ns",
    )

    shelf: Shelf  # where it belongs while it is idle

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
        self.connect_us = 0
        self._expect()

    def _expect(self) -> None:
        """Nothing of an answer has come yet."""
        self._status = 0  # until the answer is complete
        self._keep = True
        self._got = 0
        self._body: list[bytes] = []
        self._raw = b""
        self._before = 0  # heads of interim answers

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
            self._home.soon(self._end, TransportError.RESET)  # not now: whoever asked is still in the middle of asking
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
        if not self._raw:
            end = data.find(b"\r\n\r\n")
            head = self._heads.get(data[:end]) if end > 0 else None
            if head is not None and head.length + end + 4 == len(data):
                call.done_ns = monotonic_ns()
                call.status = head.status
                call.size = len(data)
                self.call = None
                self.deadline_ns = 0
                self.used = True
                self._home.replied(self, call, head, data, end + 4)
                return
            self._raw = data
        elif self._head_is_cut():
            self._raw += data
        self._got += len(data)
        self._read(data, call)

    def _read(self, data: bytes, call: Call) -> None:
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._keep = False
            if not self._status:
                self._end(TransportError.GARBLED)
                return
        if self._status:
            self._finish_read(call)
        elif self._got > MOST_BYTES:
            self._end(TransportError.GARBLED)

    def _head_is_cut(self) -> bool:
        return self._raw.count(b"\r\n\r\n") <= self._before and len(self._raw) < MOST_BYTES

    def _finish_read(self, call: Call) -> None:
        """Httptools has read it all. A head of an answer in one piece that is framed by its length is remembered."""
        raw, body, keep = self._raw, b"".join(self._body), self._keep
        end = raw.find(b"\r\n\r\n")
        head = Head(raw, self._status, self._got - end - 4, self._before)
        if keep and not self._before and self._got == len(raw) and b"\r\ntransfer-encoding" not in raw[:end].lower():
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            self._heads[raw[:end]] = head
        call.size = self._got
        self._expect()
        if not keep:
            self.close()
        call.done_ns = monotonic_ns()
        call.status = head.status
        self.call = None
        self.deadline_ns = 0
        self.used = True
        self._home.replied(self, call, head, body, 0)

    def on_body(self, body: bytes) -> None:
        """httptools: a piece of the body."""
        if self._status:
            self._keep = False
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """httptools: the whole answer is there. Interim (1xx) answers are passed over; a second one is nothing that was asked for."""
        if self._status:
            self._keep = False
            return
        status = self._parser.get_status_code()
        if status < _FIRST_FINAL:
            self._before += 1
            return
        self._status = status
        if not self._parser.should_keep_alive():
            self._keep = False

    def eof_received(self) -> None:
        """The other side sends no more. An answer without length ends here; any other is cut off."""
        call = self.call
        self.alive = False
        if call is None:
            return
        head = self._raw.lower().split(b"\r\n\r\n")[self._before : -1]
        endless = bool(head) and b"\r\ncontent-length:" not in head[0] and b"\r\ntransfer-encoding:" not in head[0]
        if endless and self._parser.get_status_code() >= _FIRST_FINAL:
            self._status = self._parser.get_status_code()
            self._keep = False
            self._finish_read(call)
        else:
            self._end(TransportError.RESET)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The event loop's word that it is gone."""
        self.alive = False
        if self.call is not None:
            self._end(TransportError.RESET)
        self._home.gone(self)

    def expire(self, now_ns: int) -> None:  # noqa: ARG002 - the wheel's signature
        """The answer takes too long."""
        self._end(TransportError.TIMEOUT)

    def _end(self, how: TransportError) -> None:
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
