"""HAProxy, through its runtime API: at the path of its socket, or at a port of this machine's loopback."""

import csv
import io
import re
import socket
import time
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from chaos.errors import NobodyListens, NoTarget, OutOfReach, Unanswered
from chaos.handles.handle import Handle
from chaos.handles.http import DEADLINE_S, check_loopback

_NAME = re.compile(r"[A-Za-z0-9_.:-]+")
_MOST_BYTES = 16_000_000
_RUNNING = 2


@dataclass(frozen=True, slots=True)
class Server:
    """A server of a backend, as HAProxy has it now."""

    runs: bool  # by its health checks, or because nobody checks it
    ordered: bool  # whether anybody has ordered it out of service, by configuration, by a tracked server or here


class Haproxy(Handle):
    """The runtime API of one HAProxy, with the level `admin`.

    All methods raise NobodyListens where there is none at its address; of one that is only silent (frozen, or too busy) OutOfReach.
    """

    form: ClassVar[str] = "tcp://HOST:PORT"

    def __init__(self, address: str) -> None:
        """The path of a unix socket, or `tcp://HOST:PORT`."""
        self.address = address

    def probe(self) -> None:
        """Its name and version. Raises OutOfReach where it does not tell."""
        if not self._ask("show info").startswith("Name: HAProxy"):
            raise OutOfReach(f"{self.address}: what answers is no runtime API of HAProxy")

    def server(self, backend: str, name: str) -> Server:
        """One server. Raises NoTarget where there is none of these names; OutOfReach."""
        _check_names(backend, name)
        _, _, table = self._ask(f"show servers state {backend}").partition("# ")
        servers = {row["srv_name"]: row for row in csv.DictReader(io.StringIO(table), delimiter=" ") if row.get("srv_name")}
        if name not in servers:
            raise NoTarget(f"{self.address}: there is no server {backend}/{name}; there are: {', '.join(servers) or 'none'}")
        return Server(int(servers[name]["srv_op_state"]) == _RUNNING, int(servers[name]["srv_admin_state"]) != 0)

    def take_out(self, backend: str, name: str) -> None:
        """Sends it nobody any more, and cuts those who are there. Raises OutOfReach."""
        self._order(backend, name, "set server {} state maint")
        self._order(backend, name, "shutdown sessions server {}")

    def put_back(self, backend: str, name: str) -> None:
        """Lets its health checks decide again. Raises OutOfReach."""
        self._order(backend, name, "set server {} state ready")

    def _order(self, backend: str, name: str, command: str) -> None:
        _check_names(backend, name)
        said = self._ask(command.format(f"{backend}/{name}")).strip()
        if said:  # an order that is carried out is answered by an empty line
            raise OutOfReach(f"{self.address}: {command.format(f'{backend}/{name}')}: {said[:200]}")

    def _ask(self, command: str) -> str:
        until, answer = time.monotonic() + DEADLINE_S, b""
        try:
            with self._connection() as link:
                link.sendall(f"{command}\n".encode())
                while (piece := link.recv(1 << 16)) and time.monotonic() < until and len(answer) < _MOST_BYTES:
                    answer += piece
        except TimeoutError:
            raise Unanswered(f"{self.address}: {command}: no answer in time") from None
        except (ConnectionRefusedError, FileNotFoundError):
            raise NobodyListens(f"{self.address}: {command}: no connection, for nobody listens") from None
        except ConnectionError:
            raise Unanswered(f"{self.address}: {command}: the connection was lost before the answer") from None
        except (OSError, OverflowError, UnicodeError) as error:
            why = getattr(error, "strerror", None) or error
            raise OutOfReach(f"{self.address}: {command}: no connection ({why})") from None
        if piece:
            raise Unanswered(f"{self.address}: {command}: the answer does not end within {DEADLINE_S:g} s or {_MOST_BYTES} bytes")
        return answer.decode("utf-8", "replace")

    def _connection(self) -> socket.socket:
        """Raises OSError; OutOfReach where the address is elsewhere."""
        if self.address.startswith("/"):
            link = socket.socket(socket.AF_UNIX)
            link.settimeout(DEADLINE_S)
            try:
                link.connect(self.address)
            except OSError:
                link.close()
                raise
            return link
        try:
            parts = urlsplit(self.address)
            host, port = parts.hostname or "", parts.port or 0
        except ValueError:
            host, port = "", 0
        if not host or not port:
            raise OutOfReach(f"{self.address!r} leads to no HAProxy; allowed: the path of its socket, or {self.form}")
        check_loopback(host)
        return socket.create_connection((host, port), timeout=DEADLINE_S)


def _check_names(*names: str) -> None:
    """A name goes into a line of commands. Raises NoTarget where it could be another command."""
    for name in names:
        if not _NAME.fullmatch(name):
            raise NoTarget(f"{name!r} is no name of HAProxy's; allowed: letters, digits and -_.:")
