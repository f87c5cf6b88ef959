"""One link: a listening address, an upstream, the toxics on it, and the connections that pass through."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from mock_bank.network.linkproxy import problems
from mock_bank.network.linkproxy.address import Address, bound, listener
from mock_bank.network.linkproxy.connection import Connection, Placed


@dataclass
class Proxy:
    """A link that can be made to misbehave."""

    name: str
    listen: str  # as it was asked for, until it has listened: then as it was found
    upstream: str  # as it was asked for: nobody looks at it before somebody connects
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
            Refusal: the address is none, or cannot be bound.
        """
        if self._server is not None:
            return
        sock = await listener(self.listen)
        self.listen = bound(sock)
        self._server = await asyncio.get_running_loop().create_server(self._accept, sock=sock)

    def stop(self) -> None:
        """Refuse new connections and close those that are open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.connections):
            connection.end(reset=False)

    async def differs(self, listen: str, upstream: str) -> bool:
        """Whether it is another link than one of these addresses would be. Raises Refusal where the first is none."""
        return str(await Address.parse(listen).resolved()) != self.listen or upstream != self.upstream

    async def become(self, listen: str, upstream: str, *, enabled: bool) -> None:
        """Have these addresses, which closes what is open where they are others, and accept connections or not.

        Raises:
            Refusal: the address is none, or cannot be bound; in the second case it has stopped.
        """
        if await self.differs(listen, upstream):
            self.stop()
            self.listen, self.upstream = listen, upstream
        if enabled:
            await self.start()
        else:
            self.stop()

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
        connection = Connection(self._called(), lambda: list(self.toxics.values()), self.connections.discard)
        self.connections.add(connection)
        return connection.client

    def _called(self) -> Address | None:
        """Whom to call for a connection; None where the upstream is no address."""
        with suppress(problems.Refusal):
            return Address.parse(self.upstream) if self.upstream else None
        return None
