"""Makes connections to one address: looked up once, over TLS with sessions resumed, and each one's times told apart."""

import asyncio
import errno
import os
import socket
import ssl
from _socket import IPPROTO_TCP, TCP_NODELAY
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import log10
from time import monotonic_ns
from typing import Any, cast

from locustfiles.engine.attempt import Endpoint
from locustfiles.engine.connection import Connection, ConnectionOwner, OwnSocket
from scenarios.errors import BadInput

_CONNECT_S = 10.0

Address = tuple[int, tuple[Any, ...]]
"""Family, and what connect() takes for it."""


_offered: ContextVar[ssl.SSLSession | None] = ContextVar("_offered", default=None)
"""The session to offer in the handshake that is under way: the event loop lets none through to the context."""


class _Resuming(ssl.SSLContext):
    """A client's TLS context that offers a known session, so that later handshakes are short."""

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """As the parent's, with the session."""
        return super().wrap_bio(*args, **{**kwargs, "session": _offered.get()})


def tls_context() -> ssl.SSLContext:
    """A context that verifies by the system's authorities (or those that SSL_CERT_FILE names)."""
    context = _Resuming(ssl.PROTOCOL_TLS_CLIENT)
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

    def __init__(self, loop: asyncio.AbstractEventLoop, endpoint: Endpoint, pinned: list[str] | None = None) -> None:
        """To the addresses `pinned`, if any. Raises BadInput where the host does not resolve."""
        self._loop = loop
        self._host, port, tls = endpoint
        self._tls = tls_context() if tls else None
        self.addresses = [address for host in pinned or [self._host] for address in resolve(host, port)]
        self.done = ConnectionStats()

    @property
    def secure(self) -> bool:
        """Whether TLS is spoken."""
        return self._tls is not None

    async def connect(self, owner: ConnectionOwner, session: ssl.SSLSession | None) -> Connection:
        """One new connection; tries the host's addresses in turn, and offers the session where one is given.

        Raises:
            OSError: nobody answers, or not as one that is to be trusted. TimeoutError is one of them.
        """
        began_ns = monotonic_ns()
        async with asyncio.timeout(_CONNECT_S):
            for family, address in self.addresses:
                try:
                    connection = await self._connect_to(owner, family, address, session)
                    break
                except OSError:
                    if (family, address) == self.addresses[-1]:
                        raise
        connection.connect_us = (monotonic_ns() - began_ns) // 1000
        if not connection.alive:
            raise ConnectionResetError(errno.ECONNRESET, "closed as soon as it stood")
        return connection

    async def _connect_to(
        self, owner: ConnectionOwner, family: int, address: tuple[Any, ...], session: ssl.SSLSession | None
    ) -> Connection:
        sock = OwnSocket(family, socket.SOCK_STREAM | getattr(socket, "SOCK_CLOEXEC", 0))
        began_ns = monotonic_ns()
        try:
            sock.settimeout(0)
            sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
            await self._loop.sock_connect(cast("socket.socket", sock), address)
            connected_ns = monotonic_ns()
            connection = Connection(owner, sock if self._tls is None else None)
            _offered.set(session)
            name = self._host if self.secure else None
            await self._loop.create_connection(lambda: connection, sock=cast("socket.socket", sock), ssl=self._tls, server_hostname=name)
        except BaseException:
            if (descriptor := sock.detach()) >= 0:
                os.close(descriptor)
            raise
        self.done.made += 1
        self.done.connect.add((connected_ns - began_ns) // 1000)
        if self._tls is not None:
            self.done.handshake.add((monotonic_ns() - connected_ns) // 1000)
            self.done.resumed += bool(connection.transport.get_extra_info("ssl_object").session_reused)
        return connection
