"""One keep-alive connection: sends a request, reads its answer, and names the way it broke where none comes."""

import _socket  # the C class in it: Locust patches the other one
import asyncio
from collections.abc import Callable
from time import monotonic_ns
from typing import Protocol, cast

import httptools

from locustfiles.engine.attempt import Attempt
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

KnownHeads = dict[bytes, Head]
"""Heads of answers that httptools has read before, framed by length and kept alive.

An answer whose head is known and whose length fits needs no second reading.
"""


class ConnectionOwner(Protocol):
    """Where a connection belongs."""

    heads: KnownHeads

    def replied(self, connection: "Connection", attempt: Attempt, head: Head, data: bytes, start: int) -> None:
        """An answer is complete; its body is `data` from `start` on."""

    def broke(self, connection: "Connection", attempt: Attempt, how: TransportError) -> None:
        """No answer will come."""

    def gone(self, connection: "Connection") -> None:
        """The connection is no more."""

    def soon(self, callback: Callable[[TransportError], None], how: TransportError) -> None:
        """Calls back in the loop's next round."""


class IdleConnections(dict["Connection", None]):
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
        "_keep",
        "_owner",
        "_parser",
        "_raw",
        "_status",
        "_transport",
        "alive",
        "attempt",
        "connect_us",
        "deadline_ns",
        "idle",
        "used",
        "wheel_ns",
    )

    idle: IdleConnections  # where it belongs while it is idle

    def __init__(self, owner: ConnectionOwner, direct: OwnSocket | None) -> None:
        """`direct` is the plain socket under the transport; None where TLS lies between."""
        self._owner = owner
        self._heads = owner.heads
        self._direct = direct
        self._parser = httptools.HttpResponseParser(self)
        self._feed = self._parser.feed_data
        self._clogged = False
        self.alive = False
        self.used = False
        self.attempt: Attempt | None = None
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

    def send(self, attempt: Attempt, deadline_ns: int) -> None:
        """Sends an attempt's bytes; its end comes to the owner."""
        self.attempt = attempt
        self.deadline_ns = deadline_ns
        data = attempt.data
        if self._direct is None or (self._clogged and self._transport.get_write_buffer_size()):
            self._transport.write(data)
            return
        try:
            sent = self._direct.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.alive = False
            self._owner.soon(self._end, TransportError.RESET)  # not now: whoever asked is still in the middle of asking
            return
        self._clogged = sent < len(data)
        if self._clogged:
            self._transport.write(data[sent:])

    def data_received(self, data: bytes) -> None:
        """Bytes of an answer, or of nothing that was asked for."""
        attempt = self.attempt
        if attempt is None:
            self.close()
            return
        if not self._raw:
            end = data.find(b"\r\n\r\n")
            head = self._heads.get(data[:end]) if end > 0 else None
            if head is not None and head.length + end + 4 == len(data):
                attempt.done_ns = monotonic_ns()
                attempt.status = head.status
                attempt.size = len(data)
                self.attempt = None
                self.deadline_ns = 0
                self.used = True
                self._owner.replied(self, attempt, head, data, end + 4)
                return
            self._raw = data
        elif self._head_is_cut():
            self._raw += data
        self._got += len(data)
        self._read(data, attempt)

    def _read(self, data: bytes, attempt: Attempt) -> None:
        try:
            self._feed(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._keep = False
            if not self._status:
                self._end(TransportError.GARBLED)
                return
        if self._status:
            self._finish_read(attempt)
        elif self._got > MOST_BYTES:
            self._end(TransportError.GARBLED)

    def _head_is_cut(self) -> bool:
        return self._raw.count(b"\r\n\r\n") <= self._before and len(self._raw) < MOST_BYTES

    def _finish_read(self, attempt: Attempt) -> None:
        """Httptools has read it all. A head of an answer in one piece that is framed by its length is remembered."""
        raw, body, keep = self._raw, b"".join(self._body), self._keep
        end = raw.find(b"\r\n\r\n")
        head = Head(raw, self._status, self._got - end - 4, self._before)
        if keep and not self._before and self._got == len(raw) and b"\r\ntransfer-encoding" not in raw[:end].lower():
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            self._heads[raw[:end]] = head
        attempt.size = self._got
        self._expect()
        if not keep:
            self.close()
        attempt.done_ns = monotonic_ns()
        attempt.status = head.status
        self.attempt = None
        self.deadline_ns = 0
        self.used = True
        self._owner.replied(self, attempt, head, body, 0)

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
        attempt = self.attempt
        self.alive = False
        if attempt is None:
            return
        head = self._raw.lower().split(b"\r\n\r\n")[self._before : -1]
        endless = bool(head) and b"\r\ncontent-length:" not in head[0] and b"\r\ntransfer-encoding:" not in head[0]
        if endless and self._parser.get_status_code() >= _FIRST_FINAL:
            self._status = self._parser.get_status_code()
            self._keep = False
            self._finish_read(attempt)
        else:
            self._end(TransportError.RESET)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The event loop's word that it is gone."""
        self.alive = False
        if self.attempt is not None:
            self._end(TransportError.RESET)
        self._owner.gone(self)

    def expire(self, now_ns: int) -> None:  # noqa: ARG002 - the wheel's signature
        """The answer takes too long."""
        self._end(TransportError.TIMEOUT)

    def _end(self, how: TransportError) -> None:
        attempt, self.attempt = self.attempt, None
        self.deadline_ns = 0
        self.close()
        if attempt is not None:
            attempt.end_unanswered(monotonic_ns())
            attempt.size = self._got
            self._owner.broke(self, attempt, how)

    def close(self) -> None:
        """Ends it; `gone` follows."""
        self.alive = False
        self._transport.abort()
