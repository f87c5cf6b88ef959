"""One connection through a link: two sockets, and a lane for each direction between them."""

import asyncio
import random
import socket
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from mock_bank.network.linkproxy.address import Address
from mock_bank.network.toxics.stage import Sink, Stage, Toxic

DIRECTIONS = ("upstream", "downstream")

_HIGH_BYTES = 8 << 20  # a lane that holds more stops reading at its source: 100 ms of delay still carry 80 MB/s
_LOW_BYTES = 2 << 20
_CONNECT_TIMEOUT_S = 5.0
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on with 0 s: close() sends RST instead of FIN


@dataclass(frozen=True, slots=True)
class Placed:
    """A toxic as it was put on a proxy."""

    name: str
    stream: str  # as it was written
    toxicity: float
    toxic: Toxic

    @property
    def direction(self) -> str:
        """Which lane it stands in."""
        return self.stream.lower()


class Side(asyncio.Protocol):
    """One socket of the connection; what it reads goes into `lane`."""

    def __init__(self, connection: "Connection") -> None:
        """`lane` is set by the connection, before the loop can call anything here."""
        self.connection = connection
        self.lane: Lane
        self.back: Lane  # the lane that writes to this side
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self.transport = cast("asyncio.Transport", transport)
        self.connection.made(self)

    def data_received(self, data: bytes) -> None:
        """Bytes came: straight to the other socket where no toxic bites."""
        self.lane.entry(data)

    def eof_received(self) -> bool:
        """This end will send no more; it may still want to read, so keep the transport."""
        self.lane.entry_eof()
        return True

    def pause_writing(self) -> None:
        """The socket is slower than its source: stop reading there."""
        self.back.block(blocked=True)

    def resume_writing(self) -> None:
        """The socket has caught up."""
        self.back.block(blocked=False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone; the other one goes the same way."""
        self.connection.end(reset=exc is not None)

    def open(self) -> bool:
        """Whether writing makes sense; a write to a closed transport would only be logged."""
        return self.transport is not None and not self.transport.is_closing()

    def finish(self, *, reset: bool) -> None:
        """Close; a reset does not wait for what is still to be written."""
        if self.transport is None or (self.transport.is_closing() and not reset):
            return
        if reset:
            sock = self.transport.get_extra_info("socket")
            if sock is not None and sock.fileno() >= 0:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()
        else:
            self.transport.close()


class Lane:
    """One direction: from the socket `source` through the stages that bite to the socket `target`."""

    def __init__(self, connection: "Connection", source: Side, target: Side) -> None:
        """Waits for the target: bytes that come before it is open are kept."""
        self.connection, self.source, self.target = connection, source, target
        self.stages: dict[str, Stage] = {}
        self.entry: Callable[[bytes], None] = self._wait
        self.entry_eof: Callable[[], None] = self._wait_eof
        self._early: list[bytes] = []
        self._early_eof = False
        self._held = 0
        self._full = self._blocked = self._paused = self._last = False
        self.ended = False

    def _wait(self, data: bytes) -> None:
        self._early.append(data)
        self.block(blocked=True)

    def _wait_eof(self) -> None:
        self._early_eof = True

    def start(self) -> None:
        """The target is open: let in what came early."""
        self._link()
        for data in self._early:
            self.entry(data)
        if self._early_eof:
            self.entry_eof()
        self._early.clear()
        self.block(blocked=False)

    def feed(self, chunk: bytes) -> None:
        """The end of the lane: write to the target."""
        if self.target.open():
            cast("asyncio.Transport", self.target.transport).write(chunk)

    def eof(self) -> None:
        """The end of the lane: tell the target that no more follows, and close once both directions have ended."""
        self.ended = True
        if self._last:
            self.connection.end(reset=False)
            return
        if self.target.open():
            cast("asyncio.Transport", self.target.transport).write_eof()
        self.connection.half_ended()

    def change(self, wanted: Sequence[Placed]) -> None:
        """Have exactly the stages of `wanted`, in this order; what a removed one holds goes on before anything newer."""
        kinds = {placed.name: placed.toxic.kind for placed in wanted}
        for name, stage in list(self.stages.items()):
            if kinds.get(name) != stage.toxic.kind:
                stage.retire()
                del self.stages[name]
                self._link()
        for placed in wanted:
            old = self.stages.get(placed.name)
            if self.connection.over:  # a stage has just ended it
                return
            if old is None:
                self.stages[placed.name] = stage = placed.toxic.stage(self, placed.toxic)
                self._link()
                stage.begin()
            elif old.toxic != placed.toxic:
                old.toxic = placed.toxic
                old.begin()

    def _link(self) -> None:
        follow: Sink = self
        for stage in reversed(self.stages.values()):
            stage.follow = follow
            follow = stage
        if self.connection.joined:
            self.entry, self.entry_eof = follow.feed, follow.eof

    def hold(self, size: int) -> None:
        """Count what the stages hold; too much stops the source."""
        self._held += size
        self._full = self._held > (_LOW_BYTES if self._full else _HIGH_BYTES)
        self._steer()

    def block(self, *, blocked: bool) -> None:
        """The target cannot take more, or can again."""
        self._blocked = blocked
        self._steer()

    def _steer(self) -> None:
        wanted = self._full or self._blocked
        if wanted == self._paused or not self.source.open():
            return
        self._paused = wanted
        transport = cast("asyncio.Transport", self.source.transport)
        if wanted:
            transport.pause_reading()
        else:
            transport.resume_reading()

    def reset(self) -> None:
        """End the connection with a TCP reset on both sides."""
        self.connection.end(reset=True)

    def close(self, stage: Stage) -> None:
        """End the stream behind `stage`, in its order, and with it the connection."""
        self._last = True
        stage.follow.eof()

    def cancel(self) -> None:
        """The connection is gone."""
        for stage in self.stages.values():
            stage.cancel()


class Connection:
    """A client's connection and the one to the upstream that serves it."""

    def __init__(self, upstream: Address | None, toxics: Callable[[], Sequence[Placed]], gone: Callable[["Connection"], None]) -> None:
        """`upstream` is None where there is none to call; `toxics` tells the proxy's of now; `gone` is called once, at the end."""
        self._upstream, self._toxics, self._gone = upstream, toxics, gone
        self.client, self.server = Side(self), Side(self)
        self.lanes = {"upstream": Lane(self, self.client, self.server), "downstream": Lane(self, self.server, self.client)}
        self.client.lane = self.server.back = self.lanes["upstream"]
        self.server.lane = self.client.back = self.lanes["downstream"]
        self._draws: dict[str, float] = {}
        self.joined = self.over = False
        self._connecting: asyncio.Task[None] | None = None

    def made(self, side: Side) -> None:
        """A socket opened: the client's makes us call the upstream, and closes where nobody is there."""
        if side is self.server:
            return
        if self._upstream is None:
            self.end(reset=False)
        else:
            self._connecting = asyncio.get_running_loop().create_task(self._connect(self._upstream))

    async def _connect(self, upstream: Address) -> None:
        try:
            async with asyncio.timeout(_CONNECT_TIMEOUT_S):
                await asyncio.get_running_loop().create_connection(lambda: self.server, upstream.host, upstream.port)
        except (OSError, UnicodeError):  # TimeoutError is one of the first, a host that cannot be a name one of the second
            self.end(reset=False)
            return
        if self.over:  # the client left, or the proxy was disabled, while we were calling
            self.server.finish(reset=True)
            return
        self.joined = True
        self.retoxify()
        for lane in self.lanes.values():
            lane.start()

    def retoxify(self) -> None:
        """Let exactly those of the proxy's toxics bite that have drawn this connection; one draw a toxic, for the connection's life."""
        if not self.joined or self.over:
            return
        toxics = self._toxics()
        self._draws = {placed.name: self._draws.get(placed.name, random.random()) for placed in toxics}  # noqa: S311 - noise
        for direction, lane in self.lanes.items():
            lane.change([p for p in toxics if p.direction == direction and self._draws[p.name] < p.toxicity])

    def half_ended(self) -> None:
        """One direction has ended; with the second the connection has."""
        if all(lane.ended for lane in self.lanes.values()):
            self.end(reset=False)

    def end(self, *, reset: bool) -> None:
        """Close both sockets, once."""
        if self.over:
            return
        self.over = True
        for lane in self.lanes.values():
            lane.cancel()
        self.client.finish(reset=reset)
        self.server.finish(reset=reset)
        self._gone(self)
