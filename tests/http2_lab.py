"""A server of HTTP/2 over TLS, built on a library that the product does not use for it, which answers each path as it is told to."""

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError
from hpack import Encoder
from one_codec_lab import Listening

Fields = list[tuple[str, str]]


class _Quick(Encoder):
    """Packs no text: in Python that takes a second for a few long ones."""

    def encode(self, headers: Any, huffman: bool = False) -> bytes:  # noqa: FBT001, FBT002 - as the library's
        """As the library's."""
        return super().encode(headers, huffman)


class Talk:
    """One connection as an answer's author sees it."""

    def __init__(self, sock: ssl.SSLSocket) -> None:
        """The handshake is over."""
        self._sock = sock
        self.asked: dict[str, str] = {}
        """The head of what was asked last."""
        odd = {"validate_outbound_headers": False, "normalize_outbound_headers": False}  # its author knows what is wrong
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8", **odd))
        self.h2.encoder = _Quick()

    def head(self, stream: int, fields: Fields, *, ends: bool = False) -> None:
        """A head, sent at once."""
        self.h2.send_headers(stream, fields, end_stream=ends)
        self.flush()

    def data(self, stream: int, data: bytes, *, ends: bool = True, padding: int | None = None) -> None:
        """A body or a piece of one, in frames of the size that is allowed."""
        size = self.h2.max_outbound_frame_size - 256
        pieces = [data[start : start + size] for start in range(0, len(data), size)] or [b""]
        for number, piece in enumerate(pieces, 1):
            self.h2.send_data(stream, piece, end_stream=ends and number == len(pieces), pad_length=padding)
            self.flush()

    def raw(self, data: bytes) -> None:
        """Bytes that no library would send."""
        self.flush()
        self._sock.sendall(data)

    def frame(self, kind: int, flags: int, stream: int, payload: bytes = b"") -> None:
        """A frame that no library would send."""
        self.raw(len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload)

    def flush(self) -> None:
        """Sends what the library wants to."""
        self._sock.sendall(self.h2.data_to_send())

    def hang_up(self) -> None:
        """No more of it."""
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)


Script = Callable[[Talk, int, str, bytes], None]
"""Answers a request: on this connection, in this stream, to this path, with this body."""


class Http2Server(Listening):
    """Keeps what it was asked: heads and bodies."""

    def __init__(self, certificate: Path, script: Script, hello: Callable[[Talk], None] = lambda _talk: None) -> None:
        """`hello` comes before the first settings have been answered."""
        self.script, self.hello = script, hello
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.broken: list[str] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate)
        self._context.set_alpn_protocols(["h2"])
        super().__init__("https")

    def agrees_to(self, protocols: list[str]) -> None:
        """What it agrees to by ALPN from now on."""
        self._context.set_alpn_protocols(protocols)

    def talk(self, talk: socket.socket) -> None:
        """Over TLS, as long as it is HTTP/2."""
        with suppress(OSError), self._context.wrap_socket(talk, server_side=True) as sock:
            self.stands(sock)
            spoken = Talk(sock)
            spoken.h2.initiate_connection()
            self.hello(spoken)
            spoken.flush()
            self._converse(spoken, sock)

    def _converse(self, talk: Talk, sock: ssl.SSLSocket) -> None:
        heads: dict[int, dict[str, str]] = {}
        bodies: dict[int, bytearray] = {}
        while data := sock.recv(65536):
            try:
                events = talk.h2.receive_data(data)
            except ProtocolError as error:
                if talk.h2.state_machine.state is not ConnectionState.CLOSED:  # what comes behind its own farewell is its library's trouble
                    self.broken.append(str(error))
                return
            for event in events:
                if isinstance(event, RequestReceived):
                    heads[event.stream_id], bodies[event.stream_id] = dict(event.headers), bytearray()
                elif isinstance(event, DataReceived):
                    bodies[event.stream_id] += event.data
                    talk.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, StreamEnded):
                    head, body = heads.pop(event.stream_id), bytes(bodies.pop(event.stream_id))
                    self.asked.append((head, body))
                    talk.asked = head
                    self.script(talk, event.stream_id, head[":path"].partition("?")[0], body)
            talk.flush()


@contextmanager
def speaking_http2(certificate: Path, script: Script, hello: Callable[[Talk], None] = lambda _talk: None) -> Iterator[Http2Server]:
    """Such a server. What it was sent was HTTP/2 to the letter, as its library reads it."""
    server = Http2Server(certificate, script, hello)
    try:
        yield server
    finally:
        server.close()
    assert not server.broken, server.broken
