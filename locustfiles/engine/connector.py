"""Makes connections to one address: looked up once, over TLS with sessions resumed, and each one's times told apart."""

import asyncio
import errno
import os
import socket
import ssl
from _socket import IPPROTO_TCP, TCP_NODELAY
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from math import log10
from time import monotonic_ns
from typing import Any, cast

from locustfiles.engine.attempt import Endpoint
from locustfiles.engine.connection import Connection, ConnectionOwner, OwnSocket
from locustfiles.engine.http2_connection import Http2Connection
from scenarios.errors import BadInput
from scenarios.target.services import HTTP2, Tls, refuses_protocol, tls_context

_CONNECT_S = 10.0
_ADDRESS_S = 3.0
"""The most that an address may take while there is another to try: a first packet that is lost comes again after a second."""

Address = tuple[int, tuple[Any, ...]]
"""Family, and what connect() takes for it."""


_offered: ContextVar[ssl.SSLSession | None] = ContextVar("_offered", default=None)
"""The session to offer in the handshake that is under way: the event loop lets none through to the context."""


class _Resuming(ssl.SSLContext):
    """A client's TLS context that offers a known session, so that later handshakes are short."""

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """As the parent's, with the session."""
        return super().wrap_bio(*args, **{**kwargs, "session": _offered.get()})


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


_CLOSED = "the handler is closed"
"""As uvloop has it, which gives it no name."""


def was_cut_off(error: BaseException) -> bool:
    """Whether the event loop only says that it would have written to a connection which is closed.

    uvloop's TLS does so where connecting was given up, at the end of a run or of its time, in the very moment in which the handshake ended.
    """
    return isinstance(error, RuntimeError) and _CLOSED in str(error)


class DurationHistogram:
    """How long something took, in few numbers: two digits of each are kept, so a percentile is within 5 %."""

    def __init__(self) -> None:
        """Starts empty."""
        self.counts: Counter[int] = Counter()

    def add(self, took_us: int) -> None:
        """One time in microseconds."""
        step = 10 ** max(0, int(log10(max(took_us, 1))) - 1)
        self.counts[took_us // step * step] += 1

    def join(self, others: "DurationHistogram") -> None:
        """Takes all of another's in."""
        self.counts.update(others.counts)

    def quantile_ms(self, quantile: float) -> float | None:
        """About this percentile, in milliseconds; None where there is none."""
        counts = self.counts.copy()
        left = quantile * counts.total()
        for took_us in sorted(counts):
            left -= counts[took_us]
            if left <= 0:
                return took_us / 1000
        return None


@dataclass(slots=True)
class ConnectionStats:
    """What connecting has come to so far."""

    made: int = 0
    resumed: int = 0  # of them: by a TLS session that both sides knew
    connect: DurationHistogram = field(default_factory=DurationHistogram)
    handshake: DurationHistogram = field(default_factory=DurationHistogram)


class Connector:
    """Connects to one endpoint."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        endpoint: Endpoint,
        pinned: list[str] | None = None,
        tls: Tls | None = None,
        also: Sequence[tuple[str, int]] = (),
    ) -> None:
        """To the addresses `pinned`, if any, and to those hosts and ports besides.

        Raises:
            BadInput: one does not resolve, or a file of `tls` is none.
        """
        self._loop = loop
        self._host, port, secure = endpoint
        self._said = tls
        self._http2 = tls is not None and tls.alpn == HTTP2
        self._tls = tls_context(tls, _Resuming, http2=self._http2) if secure else None
        self._server_name = (tls.server_name if tls else None) or self._host
        self.addresses = [address for host in pinned or [self._host] for address in resolve(host, port)]
        self.addresses += [address for host, its_port in also for address in resolve(host, its_port)]
        self._turns = count()
        self.done = ConnectionStats()

    async def connect(self, owner: ConnectionOwner, session: ssl.SSLSession | None) -> Connection:
        """One new connection, with the session offered where one is given.

        All addresses take turns in being the first that is tried, so connections are spread over all. The others follow, each with a
        time of its own, and what was waited for in vain counts as waiting for the connection, as it does for customers.

        Raises:
            OSError: nobody answers, or not as one that is to be trusted. TimeoutError is one of them.
        """
        began_ns = monotonic_ns()
        deadline_s, http2 = self._loop.time() + _CONNECT_S, self._http2
        try:
            connection = await self._connect_in_turn(owner, session, deadline_s)
        except ssl.SSLError as error:
            if http2 or not refuses_protocol(error):
                raise
            self._speak_http2()
            connection = await self._connect_in_turn(owner, session, deadline_s)
        connection.connect_us = (monotonic_ns() - began_ns) // 1000
        if not connection.alive:
            raise ConnectionResetError(errno.ECONNRESET, "closed as soon as it stood")
        return connection

    def _speak_http2(self) -> None:
        """The service does not take HTTP/1.1, so the other is offered from now on."""
        if not self._http2:
            self._http2, self._tls = True, tls_context(self._said, _Resuming, http2=True)

    async def _connect_in_turn(self, owner: ConnectionOwner, session: ssl.SSLSession | None, deadline_s: float) -> Connection:
        first = next(self._turns) % len(self.addresses)
        *tried_first, last = self.addresses[first:] + self.addresses[:first]
        for number, (family, address) in enumerate(tried_first):
            left_s = deadline_s - self._loop.time()
            with suppress(OSError):
                async with asyncio.timeout(min(_ADDRESS_S, left_s / (len(self.addresses) - number))):
                    return await self._connect_to(owner, family, address, session)
        async with asyncio.timeout(deadline_s - self._loop.time()):
            return await self._connect_to(owner, *last, session)

    async def _connect_to(
        self, owner: ConnectionOwner, family: int, address: tuple[Any, ...], session: ssl.SSLSession | None
    ) -> Connection:
        sock = OwnSocket(family, socket.SOCK_STREAM | getattr(socket, "SOCK_CLOEXEC", 0))
        began_ns = monotonic_ns()
        try:
            sock.settimeout(0)
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            await self._loop.sock_connect(cast("socket.socket", sock), address)
        except BaseException:
            if (descriptor := sock.detach()) >= 0:
                os.close(descriptor)
            raise
        connected_ns, http2 = monotonic_ns(), self._http2
        try:
            connection = Http2Connection(owner) if http2 else Connection(owner, sock if self._tls is None else None)
            _offered.set(session)
            name = self._server_name if self._tls else None
            await self._loop.create_connection(lambda: connection, sock=cast("socket.socket", sock), ssl=self._tls, server_hostname=name)
        except BaseException:
            sock.detach()  # the loop closes it, now or in its next round, when the number may be another's
            raise
        self.done.made += 1
        self.done.connect.add((connected_ns - began_ns) // 1000)
        if self._tls is not None:
            self.done.handshake.add((monotonic_ns() - connected_ns) // 1000)
            spoken: ssl.SSLObject = connection.transport.get_extra_info("ssl_object")
            self.done.resumed += bool(spoken.session_reused)
            if http2 and spoken.selected_alpn_protocol() != HTTP2:
                connection.close()
                raise ConnectionError(errno.EPROTO, "it does not agree to HTTP/2 by ALPN")
        return connection
