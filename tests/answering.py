"""A small server in the test's own process, of which only what it answers is written by the test."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson


class JsonAnswers(BaseHTTPRequestHandler):
    """Answers in JSON, and says nothing else. A test writes `get`, `post` or `patch`."""

    def get(self) -> None:
        """Answers a GET."""
        self.say(404, {})

    def post(self) -> None:
        """Answers a POST."""
        self.say(404, {})

    def patch(self) -> None:
        """Answers a PATCH."""
        self.say(404, {})

    def do_GET(self) -> None:
        """As the standard library calls it."""
        self.get()

    def do_POST(self) -> None:
        """The same."""
        self.post()

    def do_PATCH(self) -> None:
        """The same."""
        self.patch()

    def read_json(self) -> dict[str, object]:
        """What it was sent."""
        return orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def say(self, status: int, said: object, **headers: str) -> None:
        """The answer."""
        body = orjson.dumps(said)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent."""


class _Patient(ThreadingHTTPServer):
    """Lets a crowd knock at one instant: by itself it would let five wait, and the others lose a second, or their time."""

    request_queue_size = 512


@contextmanager
def answering(handler: type[JsonAnswers], certificate: Path | None = None, **its_own: object) -> Iterator[str]:
    """The server's base address; `its_own` are attributes of its handlers. With a certificate and its key in a file, it speaks TLS."""
    server = _Patient(("127.0.0.1", 0), type("Mine", (handler,), its_own))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None  # who does not trust it breaks off, as is meant
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
