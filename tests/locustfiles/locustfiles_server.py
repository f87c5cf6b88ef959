"""A small real HTTP server for the crowd's tests: a campaign service that says yes to everything, and every kind of bad one.

Run as a process: `python locustfiles_server.py [--stall FROM FOR] [--keys FILE]`; prints its port. The first part of a path says how
to answer; times of a stall are seconds after the request /start, and /held tells of it; /made, /open and /resumed tell other figures.
"""

import argparse
import asyncio
import socket
import ssl
import struct
import sys
import time
from pathlib import Path

import httptools
import orjson
import uvloop

EVERYTHING = {
    "code": "OK",
    "data": {
        "token": "t-0123456789abcdef",
        "account": "AC-1",
        "activity_token": "a-1",
        "claim_id": "c-1",
        "coupon_code": "k-1",
        "face_fen": 5000,
        "redpacket_id": "r-1",
        "transfer_id": "x-1",
        "state": "GRANTED",
        "amount_fen": 5000,
    },
}
OK = orjson.dumps(EVERYTHING)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Site: B\r\n"

RAW = {
    "length": HEAD + b"Content-Length: %d\r\n\r\n" % len(OK) + OK,
    "close": HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(OK) + OK,
    "chunked": HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % 5 + OK[:5] + b"\r\n%x\r\n" % (len(OK) - 5) + OK[5:] + b"\r\n0\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early Hints\r\nX-Site: Z\r\n\r\n" + HEAD + b"Content-Length: %d\r\n\r\n" % len(OK) + OK,
    "nocontent": b"HTTP/1.1 204 No Content\r\nX-Site: B\r\n\r\n",
    "invalidjson": HEAD + b"Content-Length: 5\r\n\r\n{not}",
    "garbage": b"SSH-2.0-OpenSSH_9\r\n",
    "toolong": HEAD + b"Content-Length: 2\r\n\r\n{}extra bytes that nobody asked for",
    "shed": b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}",
    "error": b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 2\r\n\r\n{}",
    "twice": (HEAD + b"Content-Length: 2\r\n\r\n{}") * 2,
    "badchunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "badlength": HEAD + b"Content-Length: many\r\n\r\n{}",
    "negative": HEAD + b"Content-Length: -2\r\n\r\n{}",
    "continued": b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + HEAD + b"Content-Length: %d\r\n\r\n" % len(OK) + OK,
    "switched": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n\x00\x00\x00\x04",
    "bodied204": b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n{not}",
    "empty": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}
CUT = {
    "halfhead": HEAD[:30],
    "tooshort": HEAD + b"Content-Length: 5000\r\n\r\n" + OK,
    "endless": HEAD + b"\r\n" + OK,
    "nothing": b"",
    "cutchunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(OK) + OK[:20],
}
"""Sent, then the connection is closed."""

SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
HELD = {"silent": b"", "halfsilent": HEAD[:30], "switching": SWITCHING}
"""Sent, then nothing follows."""


class Server:
    """What all connections share."""

    def __init__(self, stall: tuple[float, float], keys: Path | None) -> None:
        """Counts the stall from now, until it is told to start."""
        self.stall = stall
        self.started = time.monotonic()
        self.keys = keys.open("ab", buffering=0) if keys else None
        self.resumed = 0
        self.made = 0
        self.open = 0
        self.held: dict[str, tuple[int, int, int]] = {}
        """Of each request that came by a path of its own during the stall or outside it: when it came, when its answer was given, and when
        that had been written for certain; nanoseconds."""


class Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, server: Server) -> None:
        """Not yet made."""
        self.server = server
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's word."""
        self.transport = transport
        self.server.made += 1
        self.server.open += 1
        tls = transport.get_extra_info("ssl_object")
        self.server.resumed += bool(tls and tls.session_reused)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Asyncio's word."""
        self.server.open -= 1

    def _next(self) -> None:
        self.parser = httptools.HttpRequestParser(self)

    def on_url(self, url: bytes) -> None:
        """Httptools' word."""
        self.url = url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keys are noted as they come."""
        if self.server.keys and name.lower() == b"idempotency-key":
            self.server.keys.write(value + b"\n")

    def on_message_complete(self) -> None:
        """The request is there."""
        self.loop.call_soon(self._answer)

    def data_received(self, data: bytes) -> None:
        """Asyncio's word."""
        self.parser.feed_data(data)

    def _answer(self) -> None:
        _, kind, *rest = self.url.decode().split("/")
        self._next()
        if kind in RAW or kind in HELD:
            self._say(RAW.get(kind) or HELD[kind])
        elif kind in CUT:
            self._say(CUT[kind])
            self.transport.close()
        elif kind == "coded":
            body = b'{"code": "%s"}' % rest[0].encode()
            self._say(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        elif kind == "slow":
            self.loop.call_later(float(rest[0]), self._say, RAW["length"])
        else:
            getattr(self, f"_answer_{kind}")()

    def _answer_start(self) -> None:
        self.server.started = time.monotonic()
        self._say(RAW["length"])

    def _answer_held(self) -> None:
        body = orjson.dumps({"started_s": self.server.started, "requests": self.server.held})
        self._say(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def _answer_resumed(self) -> None:
        self._tell(self.server.resumed)

    def _answer_made(self) -> None:
        self._tell(self.server.made)

    def _answer_open(self) -> None:
        self._tell(self.server.open)

    def _answer_reset(self) -> None:
        self.transport.abort()

    def _answer_midreset(self) -> None:
        """The half of an answer, then a reset instead of an orderly end."""
        self._say(HEAD + b"Content-Length: 5000\r\n\r\n" + OK)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.loop.call_later(0.02, self.transport.abort)

    def _answer_huge(self) -> None:
        self._say(HEAD + b"Content-Length: 104857600\r\n\r\n" + bytes(1 << 20))
        self.loop.call_later(0.001, self._more, 100)

    def _answer_stale(self) -> None:
        """Answers, and closes the kept connection at the next request."""
        if getattr(self, "used", False):
            self.transport.abort()
        else:
            self.used = True
            self._say(RAW["length"])

    def _answer_stalling(self) -> None:
        begin, lasts = self.server.stall
        came_ns, asked = time.monotonic_ns(), self.url.decode()
        since = came_ns / 1e9 - self.server.started
        if begin <= since < begin + lasts:
            self.loop.call_later(begin + lasts - since, self._release, asked, came_ns)
        else:
            self._release(asked, came_ns)

    def _release(self, asked: str, came_ns: int) -> None:
        given_ns = time.monotonic_ns()
        self._say(RAW["length"])
        # The loop writes at the end of its turn: in the turn after the next it has.
        self.loop.call_soon(self.loop.call_soon, self._written, asked, came_ns, given_ns)

    def _written(self, asked: str, came_ns: int, given_ns: int) -> None:
        self.server.held[asked] = came_ns, given_ns, time.monotonic_ns()

    def _tell(self, number: float) -> None:
        text = b"%d" % number
        self._say(HEAD + b"Content-Length: %d\r\n\r\n" % len(text) + text)

    def _more(self, left: int) -> None:
        if left and not self.transport.is_closing():
            self.transport.write(bytes(1 << 20))
            self.loop.call_later(0.001, self._more, left - 1)

    def _say(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(data)


async def serve() -> None:
    """Until it is killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--stall", nargs=2, type=float, default=(0.0, 0.0))
    parser.add_argument("--keys", type=Path)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--clients", type=Path, help="authorities by which clients must be known")
    parser.add_argument("--host", default="127.0.0.1")
    options = parser.parse_args()
    shared = Server(tuple(options.stall), options.keys)
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
        if options.clients:
            context.load_verify_locations(options.clients)
            context.verify_mode = ssl.CERT_REQUIRED
    server = await asyncio.get_running_loop().create_server(lambda: Talk(shared), options.host, 0, ssl=context, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
