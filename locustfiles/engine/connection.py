"""One keep-alive connection: sends a request, reads its answer, and names the way it broke where none comes."""

import _socket  # the C class in it: Locust patches the other one
import asyncio
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic_ns
from typing import Protocol, cast

from locustfiles.engine.attempt import Attempt
from scenarios.target.operation_codec import TransportError
from scenarios.wire.answer_head import Head
from scenarios.wire.answer_parser import HTTP2, AnswerParser, NotHttpError, begins_http2
from scenarios.wire.http2 import Http2Exchange


class OwnSocket(_socket.socket):
    """A socket whose descriptor belongs to the event loop: closing it only lets go, so no number is ever closed twice."""

    def close(self) -> None:
        """Lets the descriptor go."""
        self.detach()


_MOST_HEADS = 4096
_MAY_BRING_SESSION = 3
"""Answers of a connection: a server sends its tickets behind the handshake, at the latest with what comes first. To look costs 0.2 ms."""

KnownHeads = dict[bytes, Head]
"""Heads of answers that were parsed before, framed by length and kept alive.

An answer whose head is known and whose length fits needs no second reading.
"""


class ConnectionOwner(Protocol):
    """Where a connection belongs."""

    heads: KnownHeads

    def replied(self, connection: "Connection", attempt: Attempt, head: Head, data: bytes, start: int) -> None:
        """An answer is complete; its body is `data` from `start` on."""

    def broke(self, connection: "Connection", attempt: Attempt, how: TransportError) -> None:
        """No answer will come."""

    def cannot_read(self, reason: str) -> None:
        """What has come is no answer."""

    def gone(self, connection: "Connection") -> None:
        """The connection is no more."""

    def soon(self, callback: Callable[[TransportError], None], how: TransportError) -> None:
        """Calls back in the loop's next round."""


class IdleConnections(OrderedDict["Connection", None]):
    """Idle connections in the order in which they came, of which any can be taken. Once closed, what comes back to it is closed too."""

    __slots__ = ("closed",)

    def __init__(self) -> None:
        """Empty, and open."""
        super().__init__()
        self.closed = False


_NOWHERE = IdleConnections()
"""Where a connection belongs that is lost before its owner has it."""


class Connection(asyncio.Protocol):
    """At most one attempt at a time is under way on it."""

    __slots__ = (
        "_clogged",
        "_direct",
        "_heads",
        "_owner",
        "_parser",
        "_transport",
        "alive",
        "attempt",
        "connect_us",
        "deadline_ns",
        "idle",
        "sessions_awaited",
        "used",
        "wheel_ns",
    )

    idle: IdleConnections  # where it belongs while it is idle

    def __init__(self, owner: ConnectionOwner, direct: OwnSocket | None) -> None:
        """`direct` is the plain socket under the transport; None where TLS lies between."""
        self._owner = owner
        self._heads = owner.heads
        self._direct = direct
        self._parser: AnswerParser | Http2Exchange = AnswerParser()
        self._clogged = False
        self.idle = _NOWHERE
        self.alive = False
        self.used = False
        self.sessions_awaited = 0 if direct else _MAY_BRING_SESSION
        """So many more of its answers are looked at for a TLS session that can be offered again."""
        self.attempt: Attempt | None = None
        self.deadline_ns = 0
        self.wheel_ns = 0
        self.connect_us = 0

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
            if not self.used and begins_http2(data):
                self._owner.cannot_read(HTTP2)
            self.close()
            return
        parser = self._parser
        if not parser.size:
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
        try:
            complete = parser.feed(data)
        except NotHttpError as error:
            self._owner.cannot_read(str(error))
            self._end(TransportError.GARBLED)
            return
        if complete:
            self._finish(attempt)

    def _finish(self, attempt: Attempt) -> None:
        """The parser has read it all. A head that means the same next time is remembered."""
        parser = self._parser
        keeps, attempt.size = parser.keeps, parser.size
        head, body, again = parser.take()
        if again is not None:
            if len(self._heads) >= _MOST_HEADS:
                self._heads.clear()
            self._heads[again] = head
        if not keeps:
            self.close()
        attempt.done_ns = monotonic_ns()
        attempt.status = head.status
        self.attempt = None
        self.deadline_ns = 0
        self.used = True
        self._owner.replied(self, attempt, head, body, 0)

    def eof_received(self) -> None:
        """The other side sends no more. An answer without length ends here; any other is cut off."""
        attempt = self.attempt
        self.alive = False
        if attempt is None:
            return
        if self._parser.end():
            self._finish(attempt)
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
            attempt.size = self._parser.size
            self._owner.broke(self, attempt, how)

    def close(self) -> None:
        """Ends it; `gone` follows."""
        self.alive = False
        self._transport.abort()
