"""A world in small: real child processes, a supervisor that promotes and brings back, topology.json. Ends with its standard input.

`python chaos_standin.py FOLDER` prints its address once it is up. No database: a part is a shell that waits for a sleeper of its own.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PART = ["/bin/sh", "-c", "sleep 600 & wait"]


def started(pid: int) -> int:
    """Field 22 of /proc/PID/stat."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def state(pid: int) -> str:
    """Field 3 of /proc/PID/stat."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


class World:
    """Two databases and a node."""

    def __init__(self, folder: Path) -> None:
        """Nothing is started yet."""
        self.folder = folder
        self.lock = threading.RLock()
        self.parts: dict[str, subprocess.Popen[bytes]] = {}
        self.groups: list[int] = []
        self.primary, self.standby = "db-a", "db-b"
        self.held_until = 0.0
        self.asked: list[str] = []
        self.events: list[dict[str, object]] = []
        self.url = ""

    def start(self, name: str) -> None:
        """Starts a part in a session of its own."""
        self.parts[name] = subprocess.Popen(PART, start_new_session=True, stdin=subprocess.DEVNULL)
        self.groups.append(self.parts[name].pid)

    def tell(self, kind: str, **more: object) -> None:
        """Notes an event."""
        self.events.append({"seq": len(self.events) + 1, "kind": kind, "monotonic_ns": time.monotonic_ns(), **more})

    def alive(self, name: str) -> bool:
        """Whether a part runs."""
        return name in self.parts and self.parts[name].poll() is None

    def describe(self) -> None:
        """Writes topology.json, whole."""

        def part(name: str, role: str) -> dict[str, object]:
            pid = self.parts[name].pid if self.alive(name) else None
            return {"name": name, "role": role, "datacentre": name[-1].upper(), "pid": pid, "started": started(pid) if pid else None}

        document = {
            "world": "standin",
            "nonce": "n",
            "pid": os.getpid(),
            "started": started(os.getpid()),
            "supervisor": {"url": self.url},
            "gateways": [],
            "nodes": [part("campaign-a", "campaign")],
            "databases": [part(name, "primary" if name == self.primary else "standby") for name in ("db-a", "db-b")],
        }
        draft = self.folder / ".topology"
        draft.write_text(json.dumps(document))
        draft.replace(self.folder / "topology.json")

    def step(self) -> None:
        """Promotes the standby when the primary is dead."""
        with self.lock:
            if not self.alive(self.primary) and self.alive(self.standby):
                self.tell("detected", database=self.primary)
                self.primary, self.standby = self.standby, self.primary
                self.tell("promoted", database=self.primary)
            self.describe()

    def state(self) -> dict[str, object]:
        """What GET /state answers."""
        with self.lock:
            bad = [name for name in ("db-a", "db-b", "campaign-a") if not self.alive(name) or state(self.parts[name].pid) == "T"]
            held, writers = time.monotonic() < self.held_until, int(self.alive(self.primary))
            told = {"primary": self.primary, "healthy": not bad, "asked": self.asked, "held": held, "writers": writers, "lag_ms": 0.7}
            return told | ({"reason": f"not well: {', '.join(bad)}"} if bad else {})

    def post(self, path: str, body: dict[str, float]) -> None:
        """What POST does."""
        with self.lock:
            self.asked.append(path)
            if path == "/hold":
                self.held_until = time.monotonic() + body["seconds"]
            elif path == "/rejoin":
                self.held_until = 0.0
                for name in ("db-a", "db-b"):
                    if not self.alive(name):
                        self.start(name)
                        self.tell("rejoined", database=name)
            elif not self.alive("campaign-a"):
                self.start("campaign-a")
            self.describe()


class Handler(BaseHTTPRequestHandler):
    """The supervisor's HTTP API."""

    world: World

    def do_GET(self) -> None:
        """State or events."""
        self._answer(self.world.state() if self.path == "/state" else {"events": self.world.events})

    def do_POST(self) -> None:
        """Hold, rejoin, start."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.world.post(self.path, json.loads(body or b"{}"))
        self._answer({})

    def _answer(self, document: dict[str, object]) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main() -> None:
    """Lives until its standard input ends."""
    world = Handler.world = World(Path(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    world.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name in ("db-a", "db-b", "campaign-a"):
        world.start(name)
    world.describe()
    print(world.url, flush=True)  # noqa: T201 - its address
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.wait(0.05):
        world.step()
    for group in world.groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
