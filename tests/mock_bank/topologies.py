"""The database pair alone, under the supervisor's failover and under Patroni: what one writer through the gateway feels. No drill, no bank.

`python tests/mock_bank/topologies.py [supervisor|patroni …]` prints rows of the table in docs/recovery.md.
"""

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil

from mock_bank.layout.folders import layout, write_private
from mock_bank.layout.ports import PortClaim
from mock_bank.layout.record import Record
from mock_bank.layout.settings import Settings
from mock_bank.layout.topology import DATABASE, Addresses, Credentials
from mock_bank.postgres.binaries import database_user
from mock_bank.processes.identity import Identity
from mock_bank.supervisor.cleanup import end_all, remove
from mock_bank.supervisor.restarter import Part
from mock_bank.supervisor.supervisor import Supervisor

PACE_S, CALL_S, WITHIN_S = 0.01, 1.0, 90.0
KINDS = ("kill", "freeze", "machine", "hiccup", "switch")
WORDS = {
    "kill": "kill -9 of the primary's processes",
    "freeze": "SIGSTOP of the primary's processes",
    "machine": "kill -9 of the primary and of what watches it there",
    "hiccup": "SIGSTOP of the primary for 0.3 s",
    "switch": "a switch on purpose",
}


class Pair(Supervisor):
    """The world's supervisor with the links and gateways alone."""

    def _keep_parts(self, running: dict[str, Any]) -> None:  # noqa: ARG002 - nothing runs yet
        self._http = aiohttp.ClientSession(headers={"Authorization": f"Bearer {self.credentials.control_token}"})
        write_private(self.folders.token, self.credentials.control_token)
        links = self.spawner.python("mock_bank.network.linkproxy", self.plan.proxy_api, str(self.folders.token))
        for part in (Part("links", links, self._populate, self._ask_links), *(self._gateway_part(one) for one in self.plan.gateways)):
            self._keep_part(part, None, None)
        self._keep("steer", self.gateways.steer)

    async def _install(self) -> None:
        """There is no bank."""


@dataclass
class Writer:
    """Writes a row every 10 ms through a gateway, each once, and notes which were acknowledged and when."""

    connect: Any
    acks: list[tuple[float, int]] = field(default_factory=list)

    async def run(self) -> None:
        """Until cancelled."""
        number, session = 0, None
        while True:
            number += 1
            try:
                async with asyncio.timeout(CALL_S):
                    session = session or await self.connect()
                    await session.execute("INSERT INTO written VALUES ($1)", number)
                self.acks.append((time.monotonic(), number))
            except Exception:  # noqa: BLE001 - whatever it is, it is no acknowledgement
                if session:
                    session.terminate()
                session = None
            await asyncio.sleep(PACE_S)

    def outage_s(self, since_s: float) -> float:
        """The longest time without an acknowledgement since then."""
        times = [since_s, *(at_s for at_s, _ in self.acks if at_s >= since_s), time.monotonic()]
        return max(later - earlier for earlier, later in pairwise(times))


async def until(look: Any, what: str) -> float:
    """Wait for it; how long that took."""
    began = time.monotonic()
    while not look():
        if time.monotonic() - began > WITHIN_S:
            raise AssertionError(f"not within {WITHIN_S:g} s: {what}")
        await asyncio.sleep(0.02)
    return time.monotonic() - began


async def measure(failover: str, kinds: tuple[str, ...]) -> None:
    """Bring the pair up, break it in each of the ways, and print what came of it."""
    world = Path(tempfile.mkdtemp(prefix="pair-"))
    folders = layout(world, database_user().uid)
    folders.logs.mkdir()
    write_private(folders.settings, "{}")
    settings = Settings(str(world), failover=failover, rejoin_after_s=0.5)  # type: ignore[arg-type]
    claim = PortClaim.new()
    pair = Pair(settings, folders, Record(Addresses.claimed(claim), Credentials.new()))
    try:
        await pair.build(lambda _: None)
        await until(lambda: pair.failover and pair.failover.why_unhealthy() is None, "healthy")
        host, port = pair.plan.gateways[0].database.host, pair.plan.gateways[0].database.port
        login = {
            "user": pair.credentials.user,
            "password": pair.credentials.password,
            "database": DATABASE,
            "ssl": False,
            "timeout": CALL_S,
        }
        connect = partial(asyncpg.connect, host=host, port=port, **login)
        session = await connect()
        await session.execute("CREATE TABLE written (number bigint PRIMARY KEY)")
        session.terminate()
        for kind in kinds:
            await _one(pair, failover, kind, connect)
    finally:
        await pair.close()
        claim.close()
        end_all(folders, spare=Identity.of(os.getpid()))
        remove(folders, logs=True)
        shutil.rmtree(world, ignore_errors=True)


async def _one(pair: Pair, failover: str, kind: str, connect: Any) -> None:
    lead = pair.failover
    assert lead
    writer = Writer(connect)
    writing = asyncio.create_task(writer.run())
    await asyncio.sleep(2.0)
    former, seq, began_s = lead.primary, pair.events.since(0)[-1]["seq"], time.monotonic()
    broken = _break(pair, kind, former)
    await asyncio.sleep(0.3 if kind == "hiccup" else 1.0)
    if kind == "hiccup":
        _signal(broken, psutil.Process.resume)
        await asyncio.sleep(4.0)
    else:
        await until(lambda: lead.primary != former and lead.leads, "another one leads")
        await until(lambda: writer.acks and time.monotonic() - writer.acks[-1][0] < 0.5, "it takes writes")
    outage_s = writer.outage_s(began_s)
    pair.centres.release()
    lead.release()
    await until(lambda: lead.why_unhealthy() is None, "healthy again")
    writing.cancel()
    events = pair.events.since(int(seq or 0))
    switches = sum(event["kind"] == "promoted" for event in events)
    whole = [int(event["monotonic_ns"] or 0) / 1e9 - began_s for event in events if event["kind"] == "synchronous"]
    session = await connect()
    there = {row["number"] for row in await session.fetch("SELECT number FROM written")}
    await session.execute("TRUNCATE written")
    session.terminate()
    lost = sum(number not in there for _, number in writer.acks)
    told = f"{whole[-1]:.1f} s" if whole else "never lost"
    sys.stdout.write(f"| {WORDS[kind]} | {failover} | {outage_s:.2f} s | {lost} of {len(writer.acks)} | {told} | {switches} |\n")
    sys.stdout.flush()


def _break(pair: Pair, kind: str, primary: str) -> list[psutil.Process]:
    lead, server = pair.failover, next(server for server in pair.databases if server.name == primary)
    assert lead
    if kind == "switch":
        lead.switch(next(one.name for one in pair.databases if one.name != primary))
        return []
    assert server.child
    first = psutil.Process(server.child.identity.pid)
    tree = [first, *first.children(recursive=True)]
    if kind == "machine" and (agent := pair.restarters.get(f"patroni-{primary[-1]}")) and agent.child:
        pair.centres.hold(60.0)
        agent.child.end_group()
    _signal(tree, psutil.Process.kill if kind in ("kill", "machine") else psutil.Process.suspend)
    return tree


def _signal(tree: list[psutil.Process], how: Any) -> None:
    for process in tree:
        with contextlib.suppress(psutil.NoSuchProcess):
            how(process)


def main() -> None:
    """The program."""
    os.umask(0o077)
    topologies = [word for word in sys.argv[1:] if word not in KINDS] or ["supervisor", "patroni"]
    kinds = tuple(word for word in sys.argv[1:] if word in KINDS) or KINDS
    for failover in topologies:
        asyncio.run(measure(failover, tuple(kind for kind in kinds if kind != "machine" or failover == "patroni")))


if __name__ == "__main__":
    main()
