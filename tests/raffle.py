"""The raffle of docs/extending.md: a small service with a feature flag. `python tests/raffle.py` prints its address."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Raffle:
    """Its books and its flag; a lock makes each request one step."""

    def __init__(self) -> None:
        """Nobody has a ticket."""
        self.lock = threading.Lock()
        self.on, self.state = True, "on"
        self.by_key: dict[str, dict[str, object]] = {}
        self.by_member: dict[str, dict[str, object]] = {}

    def get(self, path: str, mark: str) -> tuple[int, object]:
        """Status and body of a question."""
        if path == "/raffle" and not self.on:
            return 503, {}
        pages: dict[str, object] = {
            "/mark": {"mark": mark},
            "/campaign": {"state": self.state},
            "/health": {"ok": self.on},
            "/flags": ["raffle"],
            "/flags/raffle": {"on": self.on},
            "/books/tickets": {"rows": list(self.by_member.values())},
            "/raffle": {"taken": len(self.by_member)},
        }
        return (200, pages[path]) if path in pages else (404, {})

    def take(self, key: str, member: str) -> tuple[int, object]:
        """One ticket each; the same key gets the same answer."""
        if not self.on:
            return 503, {}
        if key in self.by_key:
            return 200, self.by_key[key]
        if member in self.by_member:
            return 409, {"code": "HAS_ONE"}
        row = {"key": key, "member": member, "ticket": f"t-{len(self.by_member)}", "at_ms": time.time_ns() // 1_000_000}
        self.by_member[member] = self.by_key[key] = row
        return 200, row


class Handler(BaseHTTPRequestHandler):
    """Its HTTP API."""

    protocol_version = "HTTP/1.1"
    raffle = Raffle()

    def do_GET(self) -> None:
        """A question."""
        with self.raffle.lock:
            answer = self.raffle.get(self.path, self.headers.get("X-Pressure-Test", ""))
        self._answer(*answer)

    def do_POST(self) -> None:
        """A ticket, or the kill switch."""
        body = self._body()
        with self.raffle.lock:
            if self.path == "/campaign":
                self.raffle.state = body["state"]
                answer: tuple[int, object] = (200, {})
            else:
                answer = self.raffle.take(self.headers["Idempotency-Key"], body["member"])
        self._answer(*answer)

    def do_PUT(self) -> None:
        """The flag."""
        body = self._body()
        with self.raffle.lock:
            self.raffle.on = bool(body["on"])
        self._answer(200, {})

    def _body(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        return found

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        if status == 503:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main() -> None:
    """Serves until it is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)  # noqa: T201 - its address
    server.serve_forever()


if __name__ == "__main__":
    main()
