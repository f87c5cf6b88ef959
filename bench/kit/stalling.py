"""A target that answers at once, but for one stall: whoever asks during it is answered at its end.

    python -m bench.kit.stalling FROM FOR

Prints its port, and as soon as the stall is over when it began and ended, in nanoseconds of the monotonic clock; FROM counts from the
first request. Only for questions without a body.
"""

import asyncio
import json
import sys
import time
from typing import cast

import uvloop

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"code":"OK"}'
_END = b"\r\n\r\n"


class Stall:
    """What all connections share."""

    def __init__(self, from_s: float, for_s: float) -> None:
        """Is planned by the first request."""
        self._from_s = from_s
        self._for_s = for_s
        self._planned = False
        self.on = False
        self._held: list[tuple[asyncio.Transport, int]] = []

    def first(self) -> None:
        """The first request of all has come."""
        if not self._planned:
            self._planned = True
            asyncio.get_running_loop().call_later(self._from_s, self._begin)

    def hold(self, transport: asyncio.Transport, count: int) -> None:
        """These answers wait."""
        self._held.append((transport, count))

    def _begin(self) -> None:
        self.on = True
        self._began_ns = time.monotonic_ns()
        asyncio.get_running_loop().call_later(self._for_s, self._end)

    def _end(self) -> None:
        self.on = False
        ended_ns = time.monotonic_ns()
        for transport, count in self._held:
            if not transport.is_closing():
                transport.write(ANSWER * count)
        self._held.clear()
        _say(json.dumps({"began_ns": self._began_ns, "ended_ns": ended_ns}))


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, stall: Stall) -> None:
        """Not yet made."""
        self._stall = stall
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's word."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        """Asyncio's word."""
        data = self._tail + data
        count = data.count(_END)
        self._tail = data[data.rfind(_END) + len(_END) :] if count else data
        if not count:
            return
        self._stall.first()
        if self._stall.on:
            self._stall.hold(self._transport, count)
        else:
            self._transport.write(ANSWER * count)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def serve(from_s: float, for_s: float) -> None:
    """Until it is killed."""
    stall = Stall(from_s, for_s)
    server = await asyncio.get_running_loop().create_server(lambda: Talk(stall), "127.0.0.1", 0, backlog=4096)
    _say(str(server.sockets[0].getsockname()[1]))
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(float(sys.argv[1]), float(sys.argv[2])))
