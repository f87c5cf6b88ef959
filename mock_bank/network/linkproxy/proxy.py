"""One link: a listening address, an upstream, the toxics on it, and the connections that pass through."""

import asyncio
import socket
from dataclasses import dataclass, field, replace

from mock_bank.network.linkproxy import problems
from mock_bank.network.linkproxy.connection import Connection, Placed

_BACKLOG = 1024
_LAST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port, as Toxiproxy writes them."""

    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read ``host:port``; an empty host is this machine's loopback."""
        host, colon, port = text.rpartition(":")
        if not colon or not port.isdigit() or int(port) > _LAST_PORT:
            raise problems.bad_body(f"{text!r} is not host:port")
        return cls(host.strip("[]") or "127.0.0.1", int(port))

    def __str__(self) -> str:
        """Write ``host:port``."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass
class Proxy:
    """A link that can be made to misbehave."""

    name: str
    listen: Address
    upstream: Address
    toxics: dict[str, Placed] = field(default_factory=dict)
    connections: set[Connection] = field(default_factory=set)
    _server: asyncio.Server | None = None

    @property
    def enabled(self) -> bool:
        """Whether new connections are accepted."""
        return self._server is not None

    async def start(self) -> None:
        """Listen; a port of 0 becomes the one that was found free.

        Raises:
            Refusal: the address cannot be bound.
        """
        if self._server is not None:
            return
        try:
            sock = socket.create_server((self.listen.host, self.listen.port), backlog=_BACKLOG)
        except OSError as error:
            raise problems.cannot_listen(str(self.listen), error.strerror or str(error)) from error
        self.listen = replace(self.listen, port=sock.getsockname()[1])
        self._server = await asyncio.get_running_loop().create_server(self._accept, sock=sock)

    def stop(self) -> None:
        """Refuse new connections and close those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.connections):
            connection.end(reset=False)

    def put(self, placed: Placed) -> None:
        """Add or change a toxic, on open connections too."""
        self.toxics[placed.name] = placed
        self._retoxify()

    def take(self, name: str) -> None:
        """Remove a toxic, from open connections too."""
        del self.toxics[name]
        self._retoxify()

    def clear(self) -> None:
        """Remove all toxics."""
        self.toxics.clear()
        self._retoxify()

    def _retoxify(self) -> None:
        for connection in list(self.connections):
            connection.retoxify()

    def _accept(self) -> asyncio.Protocol:
        upstream = (self.upstream.host, self.upstream.port)
        connection = Connection(upstream, lambda: list(self.toxics.values()), self.connections.discard)
        self.connections.add(connection)
        return connection.client
