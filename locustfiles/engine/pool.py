"""The connections to one address: kept alive, made as needed up to a limit, with a queue for attempts that must wait for one."""

import asyncio
import errno
import os
import socket
import ssl
from _socket import IPPROTO_TCP, TCP_NODELAY
from collections import Counter, deque
from collections.abc import Callable
from time import monotonic_ns
from typing import Any, cast

from locustfiles.engine.calls import Call
from locustfiles.engine.connection import Connection, Heads, OwnSocket
from locustfiles.engine.reading import Head
from locustfiles.engine.recording import Recorder
from locustfiles.engine.timers import Deadlines
from scenarios.errors import BadInput
from scenarios.outcomes import Outcome
from scenarios.records import FLAG_NEW_CONNECTION, FLAG_NOT_SENT, FLAG_PULSE, FLAG_RESET, FLAG_TIMEOUT, FLAG_UNSENT
from scenarios.speech import Break

_OWN_FAULTS = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL}
"""Errors of connecting that are this machine's, not the target's."""

_CONNECT_S = 10.0
_SHED = Outcome.SHED

_BREAK_FLAGS = {Break.TIMEOUT: FLAG_TIMEOUT, Break.RESET: FLAG_RESET}

Address = tuple[int, tuple[Any, ...]]
"""Family, and what connect() takes for it."""


class Resuming(ssl.SSLContext):
    """A client's TLS context that offers its latest session, so that later handshakes are short."""

    latest: ssl.SSLSession | None = None

    def keep(self, transport: asyncio.Transport) -> None:
        """Remembers the session of a connection on which answers have come."""
        found = transport.get_extra_info("ssl_object")
        if found is not None and found.session is not None:
            self.latest = found.session

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """As the parent's, with the session."""
        return super().wrap_bio(*args, **{**kwargs, "session": self.latest})


def tls_context() -> Resuming:
    """A context that verifies by the system's authorities (or those that SSL_CERT_FILE names)."""
    context = Resuming(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context


def resolve(host: str, port: int) -> list[Address]:
    """Addresses of a host, looked up once.

    Raises:
        BadInput: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise BadInput(f"the host {host!r} does not resolve: {error.strerror}") from None
    return [(family, address) for family, _, _, _, address in found]


class Pool:
    """Keep-alive connections to one (host, port, tls)."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        place: tuple[str, int, bool],
        recorder: Recorder,
        deadlines: Deadlines,
        limit: int,
        pinned: list[str] | None = None,
    ) -> None:
        """At most `limit` connections at once, to the addresses `pinned`, if any. Raises BadInput where the host does not resolve."""
        self._loop = loop
        self._host, port, tls = place
        self._tls = tls_context() if tls else None
        self._addresses = [address for host in pinned or [self._host] for address in resolve(host, port)]
        self._recorder = recorder
        self._deadlines = deadlines
        self._limit = limit
        self._idle: dict[Connection, None] = {}  # a stack from which any can be taken
        self._open: set[Connection] = set()
        self._waiting: deque[tuple[Call, int]] = deque()  # with the time it was put here, since attempts are used again
        self._connecting: set[asyncio.Task[None]] = set()
        self.troubles: Counter[str] = Counter()
        self.heads: Heads = {}

    @property
    def under_way(self) -> list[Call]:
        """Attempts that are sent and not answered, and those that wait for a connection."""
        sent = [connection.call for connection in self._open if connection.call is not None]
        return sent + [call for call, since_ns in self._waiting if _waits(call, since_ns)]

    @property
    def in_flight(self) -> int:
        """About how many attempts are sent and not answered."""
        return len(self._open) - len(self._idle)

    @property
    def queued(self) -> int:
        """About how many attempts wait for a connection."""
        return len(self._waiting)

    def submit(self, call: Call) -> None:
        """Sends the attempt on an idle connection, else as soon as there is one."""
        idle = self._idle
        while idle:
            connection, _ = idle.popitem()
            if connection.alive:
                self._send(call, connection)
                return
        self._queue(call)

    def _queue(self, call: Call) -> None:
        call.waiting = True
        call.queued_ns = monotonic_ns()
        call.deadline_ns = call.queued_ns + call.prepared.timeout_ns
        self._deadlines.watch(call)
        self._waiting.append((call, call.queued_ns))
        self._reach_out()

    def _send(self, call: Call, connection: Connection) -> None:
        now_ns = monotonic_ns()
        prepared = call.prepared
        if not connection.used:
            call.flags |= FLAG_NEW_CONNECTION
        if not call.sent_ns:  # a read that is sent once more keeps the times of its first leaving
            call.sent_ns = now_ns
            if call.queued_ns:
                call.pool_us = (now_ns - call.queued_ns) // 1000
                call.connect_us = 0 if connection.used else min(connection.connect_us, call.pool_us)
            if prepared.effectful:
                self._recorder.intent(call, now_ns)
        deadline_ns = now_ns + prepared.timeout_ns
        connection.send(call, deadline_ns)
        if not 0 < connection.wheel_ns <= deadline_ns:
            self._deadlines.watch(connection)

    def _reach_out(self) -> None:
        """Starts as many connections as attempts wait, up to the limit."""
        wanted = min(len(self._waiting), self._limit - len(self._open))
        while len(self._connecting) < wanted:
            task = self._loop.create_task(self._connect())
            self._connecting.add(task)
            task.add_done_callback(self._reached)

    def _reached(self, task: asyncio.Task[None]) -> None:
        self._connecting.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._refuse(error)

    async def _connect(self) -> None:
        """One new connection; tries the host's addresses in turn."""
        began_ns = monotonic_ns()
        async with asyncio.timeout(_CONNECT_S):
            for family, address in self._addresses:
                try:
                    connection = await self._connect_to(family, address)
                    break
                except OSError:
                    if (family, address) == self._addresses[-1]:
                        raise
        connection.connect_us = (monotonic_ns() - began_ns) // 1000
        if not connection.alive:
            raise ConnectionResetError(errno.ECONNRESET, "closed as soon as it stood")
        self._open.add(connection)
        self._rest(connection)

    async def _connect_to(self, family: int, address: tuple[Any, ...]) -> Connection:
        sock = OwnSocket(family, socket.SOCK_STREAM | getattr(socket, "SOCK_CLOEXEC", 0))
        try:
            sock.settimeout(0)
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            await self._loop.sock_connect(cast("socket.socket", sock), address)
            connection = Connection(self, sock if self._tls is None else None)
            name = None if self._tls is None else self._host
            await self._loop.create_connection(lambda: connection, sock=cast("socket.socket", sock), ssl=self._tls, server_hostname=name)
        except BaseException:
            if (descriptor := sock.detach()) >= 0:
                os.close(descriptor)
            raise
        return connection

    def _refuse(self, error: BaseException) -> None:
        """No connection came: the attempt that has waited longest is told so."""
        self.troubles[f"{type(error).__name__}: {error}"] += 1
        call = self._next()
        if call is None:
            return
        own = isinstance(error, OSError) and error.errno in _OWN_FAULTS
        call.flags |= FLAG_UNSENT if own else FLAG_NOT_SENT | (FLAG_TIMEOUT if isinstance(error, TimeoutError) else 0)
        self._unsent(call)

    def overdue(self, call: Call) -> None:
        """It has waited for a connection as long as an answer may take."""
        call.waiting = False
        while self._waiting and not _waits(*self._waiting[0]):
            self._waiting.popleft()
        call.flags |= FLAG_NOT_SENT | FLAG_TIMEOUT
        self._unsent(call)

    def _unsent(self, call: Call) -> None:
        call.end_unanswered(monotonic_ns())
        call.pool_us = 0 if call.sent_ns else (call.done_ns - call.queued_ns) // 1000
        call.owner.answered(call, call.prepared.ear.broken(Break.REFUSED))

    def _next(self) -> Call | None:
        while self._waiting:
            call, since_ns = self._waiting.popleft()
            if _waits(call, since_ns):
                call.waiting = False
                call.deadline_ns = 0
                return call
        return None

    def _rest(self, connection: Connection) -> None:
        """A connection is free: for whoever waits, else to be kept."""
        call = self._next() if self._waiting else None
        if call is None:
            self._idle[connection] = None
        else:
            self._send(call, connection)

    def replied(self, connection: Connection, call: Call, head: Head, data: bytes, start: int) -> None:
        """An answer is complete."""
        ear = call.prepared.ear
        answer = ear.hear(head, data, start)
        if answer.outcome is _SHED:
            call.retry_after = ear.retry_after(head)
        if connection.alive:
            if self._waiting:
                self._rest(connection)
            else:
                self._idle[connection] = None
        if self._tls is not None:
            self._tls.keep(connection.transport)
        call.owner.answered(call, answer)

    def broke(self, connection: Connection, call: Call, how: Break) -> None:
        """No answer will come. A read that met a kept connection's end is sent once more; nothing that has an effect ever is."""
        stale = how is Break.RESET and connection.used and not call.size
        if stale and not (call.prepared.effectful or call.resent or call.flags & FLAG_PULSE):
            call.resent = True
            self._queue(call)
            return
        call.flags |= _BREAK_FLAGS.get(how, 0)
        call.owner.answered(call, call.prepared.ear.broken(how))

    def gone(self, connection: Connection) -> None:
        """The connection is no more."""
        self._idle.pop(connection, None)
        self._open.discard(connection)
        if self._waiting:
            self._reach_out()

    def soon(self, callback: Callable[[Break], None], how: Break) -> None:
        """Calls back in the loop's next round."""
        self._loop.call_soon(callback, how)

    def close(self) -> None:
        """Ends all connections, and attempts at any."""
        for task in self._connecting:
            task.cancel()
        self._waiting.clear()
        for connection in list(self._open):
            connection.call = None
            connection.close()


def _waits(call: Call, since_ns: int) -> bool:
    """Whether an attempt still waits since then."""
    return call.waiting and call.queued_ns == since_ns
