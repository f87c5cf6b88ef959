"""Links for tests: a link proxy, ours or the real one, before a server that talks in a way of its own."""

import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from chaos_support import wait
from loopback import free_port

from chaos.errors import OutOfReach
from chaos.handles.http import call, demand
from chaos.target_handles import Handles

REAL = os.environ.get("TOXIPROXY") or shutil.which("toxiproxy-server")
SERVERS = ["link-proxy", *(["toxiproxy"] if REAL else [])]
Talk = Callable[[socket.socket], object]


def says_n(link: socket.socket) -> None:
    """Answers one byte to whatever comes, as PostgreSQL does to an SSLRequest, and closes."""
    link.recv(100)
    link.sendall(b"N")


def speaks_http(link: socket.socket) -> None:
    """Answers a request, and hangs up on everything else."""
    if link.recv(100).startswith(b"GET / HTTP/1."):
        link.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")


def closes(link: socket.socket) -> None:
    """Hangs up on everything."""
    link.recv(100)


def ignores_nonsense(link: socket.socket) -> None:
    """Answers a request, and waits for one after everything else."""
    while said := link.recv(100):
        if said.startswith(b"GET / HTTP/1."):
            link.sendall(b"HTTP/1.0 404 Not Found\r\n\r\n")
            return


def resets(link: socket.socket) -> None:
    """Breaks every connection that says something."""
    link.recv(1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def greets(link: socket.socket) -> None:
    """Speaks first, as MySQL and SMTP do."""
    link.sendall(b"220 here")
    link.recv(100)


def leaves(link: socket.socket) -> None:
    """Hangs up before anything is said."""
    link.shutdown(socket.SHUT_WR)
    hears(link)


def hears(link: socket.socket) -> None:
    """Never says a word, until the other end has gone."""
    while link.recv(100):
        pass


def serve(server: socket.socket, talk: Talk) -> None:
    """One connection after the other."""
    while True:
        try:
            link, _ = server.accept()
        except OSError:
            return
        with link, suppress(OSError):
            talk(link)


@contextmanager
def links(kind: str, talk: Talk = says_n, host: str = "127.0.0.1", listen: str = "127.0.0.1:0", name: str = "a-b") -> Iterator[Handles]:
    """A server of links with a link of that name to a server that talks in that way."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, args=(server, talk), daemon=True).start()
        port = str(free_port())
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        ours = [sys.executable, "-m", "mock_bank.network.linkproxy", address]
        command = ours if kind == "link-proxy" else [str(REAL), "-host", host, "-port", port]
        with subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL) as proxy:
            url = f"http://{address}"
            try:
                wait(lambda: _there(url), "the link proxy serves")
                upstream = f"127.0.0.1:{server.getsockname()[1]}"
                demand("POST", f"{url}/proxies", {"name": name, "listen": listen, "upstream": upstream})
                yield Handles(proxy_api=url)
            finally:
                server.shutdown(socket.SHUT_RDWR)
                proxy.terminate()
                proxy.wait(10)


def _there(url: str) -> bool:
    try:
        return call("GET", f"{url}/version").status == 200
    except OutOfReach:
        return False
