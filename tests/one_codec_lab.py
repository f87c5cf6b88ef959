"""Each way in to a service, for the tests that hold them against each other: the crowd's, the control plane's, and that of faults."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic_ns

import httptools
import uvloop

from chaos.errors import OutOfReach
from chaos.handles.http import call
from locustfiles.engine.attempt import Attempt, Operation
from locustfiles.engine.connection_pool import ConnectionPool
from locustfiles.engine.connector import Connector
from locustfiles.engine.timers import TimeoutWheel
from scenarios.client.http import HttpClient, Unreachable
from scenarios.target.model import Target
from scenarios.target.operation_codec import Answer, OperationCodec
from scenarios.target.request_encoder import KEY
from scenarios.target.responses import Response
from scenarios.target.services import Tls

Known = Mapping[str, object]


class Listening:
    """A server on a free port of this machine, with a thread for each connection."""

    def __init__(self, scheme: str) -> None:
        """Listens from now on."""
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.base = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Ends it, and all connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for talk in self._open:
            talk.close()

    def _accept(self) -> None:
        while True:
            try:
                talk, _ = self._listener.accept()
            except OSError:
                return
            talk.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.talk, args=(talk,), daemon=True).start()

    def talk(self, talk: socket.socket) -> None:
        """What is done with a connection."""
        raise NotImplementedError

    def stands(self, talk: socket.socket) -> None:
        """A connection that counts, and ends with the server."""
        self.connections += 1
        self._open.append(talk)


class RawServer(Listening):
    """Answers each path in the bytes that stand for it, and keeps what it was sent."""

    def __init__(self, answer: Callable[[str, bytes], tuple[bytes, ...]]) -> None:
        """`answer` gives, for a path and the whole request, pieces that are each sent by itself; behind an empty one it hangs up."""
        self.answer = answer
        self.asked: list[bytes] = []
        super().__init__("http")

    def talk(self, talk: socket.socket) -> None:
        """Request by request."""
        self.stands(talk)
        try:
            while True:
                asked = _Asked()
                while not asked.whole:
                    data = talk.recv(65536)
                    if not data:
                        return
                    asked.feed(data)
                self.asked.append(asked.raw)
                for piece in self.answer(asked.path, asked.raw):
                    if not piece:
                        talk.shutdown(socket.SHUT_RDWR)
                        return
                    talk.sendall(piece)
        except OSError:
            pass  # the other side has had enough
        finally:
            talk.close()


class _Asked:
    """One request, as a strict parser reads it."""

    def __init__(self) -> None:
        self.raw, self.url, self.whole = b"", b"", False
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> None:
        """More of it."""
        self.raw += data
        self._parser.feed_data(data)

    @property
    def path(self) -> str:
        """Without its query."""
        return self.url.decode().partition("?")[0]

    def on_url(self, url: bytes) -> None:
        """Httptools."""
        self.url += url

    def on_message_complete(self) -> None:
        """Httptools."""
        self.whole = True


@contextmanager
def answering_in(answer: Callable[[str, bytes], tuple[bytes, ...]]) -> Iterator[RawServer]:
    """Such a server."""
    server = RawServer(answer)
    try:
        yield server
    finally:
        server.close()


class _Intents:
    """Records nothing."""

    def record_intent(self, attempt: Attempt, now_ns: int) -> None:
        """Nothing."""


@dataclass
class _Waiting:
    """Whoever waits for one answer, and what he does then."""

    then: Callable[[], None]
    done: "asyncio.Future[Answer]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answered(self, _attempt: Attempt, answer: Answer) -> None:
        """It has come."""
        self.done.set_result(answer)
        self.then()


def by_crowd(codec: OperationCodec, *asked: tuple[Known, Known], leaves: bool = False) -> list[Answer]:
    """What the crowd makes of one answer after the other, each asked for with these values of the question and of the customer.

    Who `leaves` closes all connections as soon as he has an answer. Nothing may go wrong in the event loop.
    """
    troubles: list[dict[str, object]] = []

    async def work() -> list[Answer]:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, trouble: troubles.append(trouble))
        loop, operation, wheel = asyncio.get_running_loop(), Operation(codec), TimeoutWheel()
        pool = ConnectionPool(loop, Connector(loop, operation.endpoint, None, operation.place.tls), _Intents(), wheel, 10)  # type: ignore[arg-type]  # all of it that is used
        operation.pool = pool
        found = []
        for args, session in asked:
            waiting, attempt = _Waiting(pool.close if leaves else lambda: None), Attempt()
            attempt.begin(waiting, operation, 0, 0, 1)
            attempt.intended_ns = attempt.ready_ns = monotonic_ns()
            attempt.data = (operation.encode_keyed if KEY in args else operation.encode)(args, session)
            pool.submit(attempt)
            while not waiting.done.done():
                wheel.turn(monotonic_ns())
                await asyncio.wait([waiting.done], timeout=0.02)
            found.append(await waiting.done)
        pool.close()
        return found

    answers: list[Answer] = uvloop.run(work())
    assert not troubles
    return answers


def by_control_plane(target: Target, codec: OperationCodec, scope: Known, statics: Known) -> tuple[Answer, Response | None]:
    """What it makes of it, and the answer as it came; as preparation, read-back, check, try and the proofs ask."""
    with HttpClient(target, statics, {}) as client:
        try:
            response = client.send(codec.request(scope), codec.timeout_s)
        except Unreachable as error:
            return codec.without_response(error.how), None
        return codec.decode(response), response


def by_fault(url: str, timeout_s: float, tls: Tls | None = None) -> Response | None:
    """The answer as a fault's handle, and the probe of health, get it; None where they get none."""
    try:
        return call("GET", url, deadline_s=timeout_s, tls=tls)
    except OutOfReach:
        return None
