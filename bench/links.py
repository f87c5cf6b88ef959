"""What a link costs: bytes, SQL and single questions through the link proxy, beside none and beside a real Toxiproxy where there is one.

    python -m bench.links [--rounds 9] [--seconds 1] [--clients 16] [--write]

Rounds are interleaved, and a ratio is of two figures of one round. Nothing is pinned: server, client and proxy share the cores, as they do
in the world. A real one is taken from the path (toxiproxy-server) or from TOXIPROXY.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import requests

from bench.kit.embedded import pgbench, primary, world
from bench.kit.goals import report
from bench.kit.page import middle, parser, show, spread
from bench.kit.processes import await_port, free_port

ROOT = Path(__file__).parent.parent
HEAD = ("what passes", "directly", "through a link", "the link is", "least to most", "through Toxiproxy")
STREAM_MB = 200
QUESTIONS = 1000
QUESTION = b"q" * 64
SQL = "select 1;\n"
SERVER = """
import socket, threading
def serve(link):
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    size, space = int.from_bytes(link.recv(8, socket.MSG_WAITALL), "big"), bytearray(1 << 18)
    while size > 0 and (got := link.recv_into(space)):
        size -= got
    link.sendall(b"!")
    while question := link.recv(4096):
        link.sendall(question)
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
"""


@dataclass(frozen=True)
class Way:
    """How a client comes to both servers."""

    name: str
    stream: str
    database: str


def open_stream(address: str) -> socket.socket:
    """A connection to the server of streams."""
    host, _, port = address.rpartition(":")
    link = socket.create_connection((host, int(port)), timeout=30)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def stream_mb_s(way: Way) -> float:
    """Megabytes a second of one stream, until the last has arrived."""
    chunk = b"x" * 250_000
    with open_stream(way.stream) as link:
        link.sendall((STREAM_MB * 1_000_000).to_bytes(8, "big"))
        began = time.perf_counter()
        for _ in range(STREAM_MB * 4):
            link.sendall(chunk)
        link.recv(1)
        return STREAM_MB / (time.perf_counter() - began)


def question_ms(way: Way) -> float:
    """Median of questions that follow each other on one connection."""
    took = []
    with open_stream(way.stream) as link:
        link.sendall(bytes(8))
        link.recv(1)
        for _ in range(QUESTIONS):
            began = time.perf_counter()
            link.sendall(QUESTION)
            link.recv(4096)
            took.append((time.perf_counter() - began) * 1000)
    return median(took)


@contextmanager
def server() -> Iterator[str]:
    """Takes as many bytes as it is told, then answers each question with itself."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield f"127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


@contextmanager
def api(command: Callable[[int], list[str]]) -> Iterator[str]:
    """A process that serves Toxiproxy's API at a port; gives its address."""
    port = free_port()
    with subprocess.Popen(command(port), stdout=subprocess.DEVNULL, cwd=ROOT) as process:
        try:
            await_port(port)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()


def linked(name: str, url: str, direct: Way) -> Way:
    """The same servers behind links of the API at that address."""

    def link(to: str) -> str:
        answer = requests.post(f"{url}/proxies", json={"name": to, "listen": "127.0.0.1:0", "upstream": to}, timeout=10)
        answer.raise_for_status()
        return str(answer.json()["listen"])

    return Way(name, link(direct.stream), link(direct.database))


def row(what: str, form: str, rounds: list[dict[str, float]]) -> tuple[str, ...]:
    """A line of the table: how many times the direct figure, or how much more of a time."""
    direct, link, real = ([each[name] for each in rounds if name in each] for name in ("direct", "link", "toxiproxy"))
    added = "ms" in form
    compared = [b - a if added else b / a for a, b in zip(direct, link, strict=True)]
    unit = "{:+.3f} ms" if added else "{:.2f} ×"
    return (
        what,
        middle(direct, form),
        middle(link, form),
        middle(compared, unit),
        spread(compared, unit),
        middle(real, form) if real else "not there",
    )


def main() -> None:
    """Prints the table, how the goals stand, and one line of JSON."""
    made = parser(__doc__)
    made.add_argument("--rounds", type=int, default=9)
    made.add_argument("--seconds", type=float, default=1.0)
    made.add_argument("--clients", type=int, default=16)
    options = made.parse_args()
    with ExitStack() as stack:
        topology = stack.enter_context(world())
        direct = Way("direct", stack.enter_context(server()), primary(topology))
        # A link proxy of the bench's own: the world's runs at a lower priority than whoever loads it.
        ours = api(lambda port: [sys.executable, "-m", "mock_bank.network.linkproxy", f"127.0.0.1:{port}"])
        ways = [direct, linked("link", stack.enter_context(ours), direct)]
        if binary := os.environ.get("TOXIPROXY") or shutil.which("toxiproxy-server"):
            real = api(lambda port: [binary, "-host", "127.0.0.1", "-port", str(port)])
            ways.append(linked("toxiproxy", stack.enter_context(real), direct))
        streams, questions, selects = [], [], []
        for _ in range(options.rounds):
            streams.append({way.name: stream_mb_s(way) for way in ways})
            questions.append({way.name: question_ms(way) for way in ways})
            selects.append({way.name: pgbench(topology, way.database, SQL, options.seconds, options.clients) for way in ways})
    print(f"{options.rounds} rounds")
    rows = [
        row("one stream, MB/s", "{:,.0f}", streams),
        row(f"SELECTs of {options.clients} clients, per second", "{:,.0f}", selects),
        row("one question after the other, p50", "{:.3f} ms", questions),
    ]
    show(options.page, "links", HEAD, rows)
    figures = {
        "link-stream": median(each["link"] / each["direct"] for each in streams),
        "link-sql": median(each["link"] / each["direct"] for each in selects),
        "link-added": median(each["link"] - each["direct"] for each in questions),
    }
    report(options.page, figures if options.clients == 16 else {name: figure for name, figure in figures.items() if name != "link-sql"})
    print(json.dumps({"bench": "links", **{name: round(figure, 3) for name, figure in figures.items()}}))


if __name__ == "__main__":
    main()
