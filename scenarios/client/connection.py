"""One connection of the control plane to a place: a request is sent, its answer is waited for. Read as the crowd reads it."""

import errno
import select
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Any

from scenarios.target.operation_codec import TransportError
from scenarios.target.responses import Response
from scenarios.target.services import HTTP2, refuses_protocol
from scenarios.wire.answer_parser import AnswerParser, NotHttpError
from scenarios.wire.http2 import Http2Exchange, NotAnsweredError

Places = Sequence[tuple[str, int]]
"""Hosts and ports."""

_PIECE_BYTES = 65_536
_LEAST_S = 0.001
_ADDRESS_S = 3.0
"""The most that an address may take while there is another to try, as for the crowd."""

_SILENT_S = 60.0
_silent_until: dict[tuple[Any, ...], float] = {}
"""Addresses that have said nothing in their time, and until when others are tried before them; known to all who ask in this process."""


class NoAnswerError(Exception):
    """No answer came; says how it ended, and why."""

    def __init__(self, how: TransportError, reason: str) -> None:
        """`reason` is half a sentence."""
        super().__init__(reason)
        self.how = how


class RefusedProtocolError(NoAnswerError):
    """The service is there, and does not speak what was offered."""


class Connection:
    """Asks one thing after the other, each when the answer before it is whole."""

    def __init__(self, places: Places, context: ssl.SSLContext | None, server_name: str, timeout_s: float, *, http2: bool = False) -> None:
        """Connects to the first of the places' addresses that answers. `http2` is what the context offers.

        Raises:
            NoAnswerError: none does in that time, or not as one that is to be trusted.
        """
        self.used = False
        self._socket = _reached(places, timeout_s, context, server_name)
        self._exchange = Http2Exchange() if http2 else None
        if http2 and self._socket.selected_alpn_protocol() != HTTP2:  # type: ignore[attr-defined]  # there is TLS over it
            self.close()
            raise RefusedProtocolError(TransportError.GARBLED, "it does not agree to HTTP/2 by ALPN")

    def close(self) -> None:
        """Ends it."""
        self._socket.close()

    @property
    def quiet(self) -> bool:
        """Whether nothing has come since the last answer, and it still stands. Over HTTP/2, nothing that ends it."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        if not waiting.poll(0):
            return True
        return self._exchange is not None and self._heeds_what_came(self._exchange)

    def _heeds_what_came(self, exchange: Http2Exchange) -> bool:
        """Takes in what came between two answers: a ping, settings, a farewell. Whether another request may be sent."""
        try:
            while exchange.keeps:
                exchange.feed(self._piece(0.0))
                self._reply()
        except TimeoutError:
            return exchange.keeps
        except (OSError, NotHttpError, NotAnsweredError, _EndedError):
            return False
        return False

    def _reply(self) -> None:
        """Sends what the other side must be told, or has given leave for."""
        if self._exchange is not None and (told := self._exchange.told()):
            self._socket.sendall(told)

    def ask(self, data: bytes, timeout_s: float, most: int) -> tuple[Response, bool]:
        """Sends a request; gives the answer, and whether another may be sent.

        Raises:
            NoAnswerError: none comes in that time, or none that is one of HTTP and has `most` bytes at most.
        """
        deadline = time.monotonic() + timeout_s
        parser = self._exchange or AnswerParser(most)
        try:
            self._socket.settimeout(timeout_s)
            if self._exchange is not None:
                self._exchange.most, data = most, self._exchange.ask(data)
            self._socket.sendall(data)
            while not parser.feed(self._piece(deadline)):
                self._reply()
        except NotHttpError as error:
            raise NoAnswerError(TransportError.GARBLED, str(error).replace("an answer", "its answer is one", 1)) from None
        except NotAnsweredError as error:
            how = TransportError.REFUSED if error.refused else TransportError.RESET
            raise NoAnswerError(how, str(error)) from None
        except TimeoutError:
            ends = f"its answer goes on for more than {timeout_s:g} s" if parser.size else f"no answer within {timeout_s:g} s"
            raise NoAnswerError(TransportError.TIMEOUT, ends) from None
        except _EndedError:
            if not parser.end():
                raise NoAnswerError(TransportError.RESET, TransportError.RESET.value) from None
        except OSError as error:
            raise NoAnswerError(TransportError.RESET, error.strerror or TransportError.RESET.value) from None
        self.used = True
        keeps = parser.keeps
        head, body, _ = parser.take()
        return Response.of(head, body, most), keeps

    def _piece(self, deadline: float) -> bytes:
        """What comes next. Raises OSError, and _EndedError where nothing more will come."""
        self._socket.settimeout(max(_LEAST_S, deadline - time.monotonic()))
        piece = self._socket.recv(_PIECE_BYTES)
        if not piece:
            raise _EndedError
        return piece


class _EndedError(Exception):
    """The other side sends no more."""


def _reached(places: Places, timeout_s: float, context: ssl.SSLContext | None, server_name: str) -> socket.socket:
    """Tries each address in turn, each with its share of the time that is left; those last that have said nothing of late."""
    deadline = time.monotonic() + timeout_s
    try:
        found = [info for host, port in places for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError) as error:
        raise NoAnswerError(TransportError.REFUSED, getattr(error, "strerror", None) or str(error)) from None
    found.sort(key=lambda info: _silent_until.get(info[4], 0.0) > time.monotonic())
    failure = NoAnswerError(TransportError.REFUSED, "no connection")
    for number, (family, kind, protocol, _, address) in enumerate(found):
        sock, others = socket.socket(family, kind, protocol), len(found) - number - 1
        share_s = (deadline - time.monotonic()) / (others + 1)
        until = time.monotonic() + max(_LEAST_S, min(share_s, _ADDRESS_S) if others else share_s)
        try:
            _connect(sock, address, until, timeout_s)
            return sock if context is None else _secured(sock, context, server_name, until, timeout_s)
        except NoAnswerError as error:
            sock.close()
            failure = error
            if time.monotonic() >= until:
                _silent_until[address] = time.monotonic() + _SILENT_S
    raise failure


def _connect(sock: socket.socket, address: Any, until: float, timeout_s: float) -> None:
    try:
        sock.settimeout(max(_LEAST_S, until - time.monotonic()))
        sock.connect(address)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        late = isinstance(error, TimeoutError) or error.errno == errno.ETIMEDOUT
        reason = f"no connection within {timeout_s:g} s" if late else error.strerror or "no connection"
        raise NoAnswerError(TransportError.REFUSED, reason) from None


def _secured(sock: socket.socket, context: ssl.SSLContext, server_name: str, until: float, timeout_s: float) -> ssl.SSLSocket:
    """The same connection, with TLS over it."""
    try:
        sock.settimeout(max(_LEAST_S, until - time.monotonic()))
        return context.wrap_socket(sock, server_hostname=server_name)
    except ssl.SSLCertVerificationError as error:
        reason = f"its certificate is not accepted: {error.verify_message}"
    except TimeoutError:
        reason = f"no connection within {timeout_s:g} s"
    except OSError as error:
        if refuses_protocol(error):
            raise RefusedProtocolError(TransportError.GARBLED, "it refuses both HTTP/1.1 and HTTP/2 by ALPN") from None
        reason = f"no connection by TLS: {getattr(error, 'reason', None) or error.strerror or 'it was closed'}"
    raise NoAnswerError(TransportError.REFUSED, reason)
