"""What the tests of the world share: worlds brought up by the command line, as any user would, and looked at from outside."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import psutil
import requests

T = TypeVar("T")
CHECKOUT = Path(__file__).resolve().parents[2]


def command(*arguments: str, python: Sequence[str] = (sys.executable,), **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``python -m mock_bank …`` to its end."""
    argv = [*python, "-m", "mock_bank", *arguments]
    return subprocess.run(argv, cwd=CHECKOUT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=90, check=False)


def until(look: Callable[[], T | None], what: str, timeout_s: float = 30.0) -> T:
    """Look until there is something; fail with `what` when the time is over."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {timeout_s:g} s: {what}")


def bearer(topology: dict) -> dict[str, str]:
    """The headers that steer a world."""
    return {"Authorization": f"Bearer {topology['control_token']}"}


class World:
    """A world that is up."""

    def __init__(self, folder: Path) -> None:
        """`folder` is the world's."""
        self.folder = folder

    def topology(self) -> dict:
        """topology.json as it is now."""
        return json.loads((self.folder / "topology.json").read_text())

    def ask(self, method: str, path: str, **more: Any) -> requests.Response:
        """One request to the supervisor, with the world's token."""
        topology = self.topology()
        return requests.request(method, f"{topology['supervisor']['url']}{path}", headers=bearer(topology), timeout=5, **more)

    def answers(self) -> bool:
        """Whether the supervisor does."""
        try:
            return self.ask("GET", "/events").status_code == 200
        except requests.ConnectionError:
            return False

    def state(self) -> dict:
        """GET /state."""
        return self.ask("GET", "/state").json()

    def post(self, path: str, **body: float) -> dict:
        """POST to the supervisor."""
        return self.ask("POST", path, json=body).json()

    def events(self, since: int = 0) -> list[dict]:
        """GET /events."""
        return self.ask("GET", "/events", params={"since": since}).json()["events"]

    def scale(self, node: str, way: str) -> None:
        """Order a node of the elastic service out or in, and wait until it is so."""
        since = self.last_seq()
        assert self.ask("POST", f"/nodes/{node}/scale-{way}").status_code == 202
        assert self.event(f"scaled-{way}", since)["part"] == node

    def last_seq(self) -> int:
        """The number of the latest event."""
        return self.events()[-1]["seq"]

    def event(self, kind: str, since: int) -> dict:
        """Wait for an event after number `since`."""
        return until(lambda: next((e for e in self.events(since) if e["kind"] == kind), None), f"event {kind} after {since}")

    def healthy(self) -> dict:
        """Wait until the world is healthy."""
        return until(lambda: state if (state := self.state())["healthy"] else None, f"healthy, but {self.state()}", 40)

    def database(self, role: str) -> dict:
        """The database in this role."""
        return next(d for d in self.topology()["databases"] if d["role"] == role)

    def part(self, name: str) -> dict:
        """A node or gateway."""
        topology = self.topology()
        return next(p for p in [*topology["nodes"], *topology["gateways"]] if p["name"] == name)

    def pids(self) -> list[int]:
        """Every process that the world says it has."""
        topology = self.topology()
        parts = [
            topology,
            topology["links_process"],
            topology["suppliers"],
            *topology["gateways"],
            *topology["nodes"],
            *topology["databases"],
        ]
        return [part["pid"] for part in parts if part["pid"]]

    def sql(self, query: str, *arguments: object) -> list:
        """One query through the gateway, as the services reach the database."""

        async def ask() -> list:
            connection = await self.connect()
            try:
                return await connection.fetch(query, *arguments, timeout=10)
            finally:
                connection.terminate()

        return asyncio.run(ask())

    async def connect(self, host: str = "", port: int = 0) -> asyncpg.Connection:
        """A connection to one server, or else through a service's link and the gateway."""
        topology = self.topology()
        link = next(link["listen"] for link in topology["links"] if link["name"] == "bank-a.db")
        login = topology["database"] | {"host": host or link.split(":")[0], "port": port or int(link.split(":")[1])}
        login["database"] = login.pop("name")
        return await asyncpg.connect(**login, timeout=2, ssl=False)


@contextlib.contextmanager
def world(folder: Path, *options: str) -> Iterator[World]:
    """A world for as long as the test wants it."""
    done = command("up", "--dir", str(folder), *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{folder / 'topology.json'}\n"
    try:
        yield World(folder)
    finally:
        assert command("down", "--dir", str(folder)).returncode == 0


def freeze(pid: int) -> list[psutil.Process]:
    """SIGSTOP a server, which then starts no more, and its processes; returned for `thaw`.

    One of them may end by itself meanwhile, as a standby's receiver does when its primary is gone.
    """
    server = psutil.Process(pid)
    server.suspend()
    processes = [server, *server.children()]
    for process in processes[1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
    return processes


def thaw(processes: Sequence[psutil.Process]) -> None:
    """SIGCONT those that still run."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()


def running(pid: int) -> bool:
    """Whether a process is there that is more than a zombie, whose parent may be slow to bury it."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(pid: int) -> None:
    """SIGKILL."""
    os.kill(pid, signal.SIGKILL)
