"""Monitoring systems for tests: a collector for OpenTelemetry that keeps what is pushed to it, and a reader of Prometheus' page."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest


@dataclass
class Collector:
    """What came."""

    url: str
    requests: list[ExportMetricsServiceRequest] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)

    def latest(self) -> dict[str, dict[frozenset[tuple[str, str]], float]]:
        """The figures of the last push: by name, and by labels other than run and scenario; of a histogram its count."""
        found: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
        for metric in self.requests[-1].resource_metrics[0].scope_metrics[0].metrics:
            data = getattr(metric, metric.WhichOneof("data"))
            for point in data.data_points:
                labels = {each.key: each.value.string_value for each in point.attributes}
                own = frozenset((key, value) for key, value in labels.items() if key not in ("run", "scenario"))
                value = point.count if metric.HasField("histogram") else point.as_int or point.as_double
                found.setdefault(metric.name, {})[own] = value
        return found


@contextmanager
def collecting(status: int = 200) -> Iterator[Collector]:
    """Answers every push with that status."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """One push."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
            collector.raw.append(self.path.encode() + bytes(self.headers) + body)
            collector.requests.append(ExportMetricsServiceRequest.FromString(body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@contextmanager
def scraping(port: int) -> Iterator[list[str]]:
    """Reads the page on a port again and again, as long as there is one; gives all that was read."""
    pages: list[str] = []
    over = threading.Event()

    def read_on() -> None:
        while not over.wait(0.1):
            try:
                pages.append(requests.get(f"http://127.0.0.1:{port}/metrics", timeout=5).text)
            except requests.RequestException:
                continue

    thread = threading.Thread(target=read_on)
    thread.start()
    try:
        yield pages
    finally:
        over.set()
        thread.join(10)
