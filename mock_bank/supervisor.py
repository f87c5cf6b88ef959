"""The daemon that is the parent of the whole world: ``python -m mock_bank.supervisor WORLD_DIR REPORT_FD``.

It tells its progress to whoever started it as JSON lines on the file descriptor, the last of which is "ready" or "failed".
"""

import asyncio
import contextlib
import json
import os
import secrets
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp
from aiohttp import web

from mock_bank import gateway, postgres, topology
from mock_bank.api import application
from mock_bank.binaries import database_owner, find_haproxy, find_postgres
from mock_bank.database import Database
from mock_bank.errors import WorldError, WorldFaultError
from mock_bank.events import Events
from mock_bank.folders import Folders, layout, write_private
from mock_bank.gateway import Gateway
from mock_bank.keeper import Keeper, Settle
from mock_bank.leader import Leader, Tools
from mock_bank.postgres import SUPERUSER, Login
from mock_bank.processes import Identity, PidFile
from mock_bank.settings import Settings
from mock_bank.spawning import Spawner
from mock_bank.topology import Access, Plan

_READY_TIMEOUT_S = 30.0
_BOUND_LOGS_EVERY_S = 5.0
_STEER_EVERY_S = 0.25


class Supervisor:
    """Owns every part; `build` brings them up, `run` keeps them, `close` ends them."""

    def __init__(self, settings: Settings, folders: Folders) -> None:
        """Plan the world; nothing is started yet."""
        self.settings, self.folders = settings, folders
        self.events = Events(folders.world / "events.jsonl")
        self.plan: Plan = topology.draw_up(folders)
        self.access = Access("bank", secrets.token_hex(16), secrets.token_hex(16), secrets.token_hex(32))
        self.superuser = Login(SUPERUSER, secrets.token_hex(16))
        self.binaries = find_postgres(database_owner())
        self.spawner = Spawner(folders.logs, PidFile(folders.pids), settings.nice)
        names = [place.name for place in self.plan.databases]
        self.gateway = Gateway(folders.socket, names, lambda primary: self.events.add("repointed", database=primary))
        self.databases = [Database(self.binaries, place, self.superuser, self.spawner, self._wake) for place in self.plan.databases]
        self.leader: Leader | None = None
        self.keepers: dict[str, Keeper] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._http: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None
        self._me = Identity.of(os.getpid())

    def _wake(self) -> None:
        self.describe()
        if self.leader:
            self.leader.wake()

    def describe(self) -> None:
        """Write topology.json, once there is a leader."""
        if not self.leader:
            return
        alive: dict[str, Identity | None] = {name: k.child.identity if k.child else None for name, k in self.keepers.items()}
        alive |= {db.name: db.child.identity if db.child and db.alive else None for db in self.databases}
        alive["supervisor"] = self._me
        write_private(
            self.folders.topology,
            topology.describe(self.plan, self.settings, self.folders, self.access, self.leader.primary.name, alive),
        )

    # Bringing up.

    async def build(self, tell: "Teller") -> None:
        """Start everything and wait until it serves.

        Raises:
            WorldError: some part does not come up.
        """
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2.0))
        for folder in (self.folders.conf, self.folders.run):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        tell.progress("gateway and links")
        self._keep("links", self.spawner.python("mock_bank.links", self.plan.proxy_api), self._populate)
        self._keep_gateway()
        tell.progress(f"PostgreSQL {self.binaries.major}, two servers")
        await self._build_databases()
        await self._settled(["links", "gateway"])
        await self.gateway.point(self.databases[0].name)
        tell.progress("the bank's tables")
        await self._install()
        tell.progress("service nodes")
        for node in self.plan.nodes:
            config = self._config(node.name, topology.node_config(self.plan, node, self.access, self.settings, str(self.folders.logs)))
            self._keep(node.name, self.spawner.python("mock_bank.services.node", str(config)), partial(_accepts, node))
        await self._serve_api()
        self._tasks += [asyncio.create_task(self._bound_logs()), asyncio.create_task(self._steer())]
        await self._healthy()
        self.describe()
        self.events.add("up")

    def _keep(self, name: str, argv: list[str], settle: Settle) -> None:
        keeper = self.keepers[name] = Keeper(name, argv, self.spawner, self.events, settle=settle, changed=self.describe)
        self._tasks.append(asyncio.create_task(keeper.run()))

    def _keep_gateway(self) -> None:
        path = self.folders.conf / "haproxy.cfg"
        write_private(path, gateway.configuration(self.folders.socket, self.plan.services, self.plan.database))
        self._keep("gateway", [find_haproxy(), "-db", "-f", str(path)], self.gateway.apply)

    async def _populate(self) -> None:
        if self._http is None:
            raise WorldFaultError("not built")
        body = [{"name": link.name, "listen": link.listen, "upstream": link.upstream} for link in self.plan.links.values()]
        async with self._http.post(f"http://{self.plan.proxy_api}/populate", json=body) as answer:
            if answer.status != 201:  # noqa: PLR2004 - Created
                raise WorldFaultError(f"the link proxy refuses its links: {await answer.text()}")

    async def _build_databases(self) -> None:
        first, second = self.databases
        data, owner = self.folders.data, self.binaries.owner
        data.parent.mkdir(parents=True, exist_ok=True)
        data.parent.chmod(0o711 if owner.other else 0o700)
        data.mkdir(mode=0o700)
        owner.give(data)
        password = data / "password"
        write_private(password, self.superuser.password)
        owner.give(password)
        await self.spawner.run("initdb", postgres.initdb_argv(self.binaries, first.place, password), owner)
        password.unlink()
        await asyncio.to_thread(postgres.clone, self.binaries, first.place, second.place)
        postgres.write_conf(self.binaries, first.place)
        await first.start()
        link = self.plan.replication()[first.name]
        follow = self.superuser.conninfo(*link, application_name=second.name, connect_timeout="2")
        postgres.write_conf(self.binaries, second.place, follow=follow)
        await self._settled(["links"])
        await asyncio.gather(second.start(), self._create_objects(first))
        tools = Tools(
            self.settings, self.binaries, self.superuser, self.spawner, self.gateway, self.events, self.plan.replication(), self.describe
        )
        self.leader = Leader(tools, first, second)
        self._tasks.append(asyncio.create_task(self.leader.run()))

    async def _create_objects(self, first: Database) -> None:
        session = await first.session("hand")
        await session.execute("CREATE TABLE stormdrill_proof (writes bigint NOT NULL); INSERT INTO stormdrill_proof VALUES (0)")
        await session.execute(f"CREATE ROLE {self.access.user} LOGIN PASSWORD '{self.access.password}'")
        await session.execute(f"CREATE DATABASE {topology.DATABASE} OWNER {self.access.user}")

    async def _install(self) -> None:
        place = self.databases[0].place
        node = topology.node_config(self.plan, self.plan.nodes[0], self.access, self.settings, str(self.folders.logs))
        config = self._config("install", node | {"dsn": self.access.dsn(place.host, place.port)})
        await self.spawner.run("install", self.spawner.python("mock_bank.services.install", str(config)))

    def _config(self, name: str, content: topology.Json) -> Path:
        path = self.folders.conf / f"{name}.json"
        write_private(path, json.dumps(content, indent=1))
        return path

    async def _settled(self, names: list[str]) -> None:
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                for name in names:
                    await self.keepers[name].settled.wait()
        except TimeoutError as error:
            raise WorldFaultError(f"{name} does not come up; see {self.spawner.log(name)}") from error

    async def _serve_api(self) -> None:
        self._runner = web.AppRunner(application(self), access_log=None)
        await self._runner.setup()
        host, _, port = self.plan.supervisor.rpartition(":")
        await web.TCPSite(self._runner, host, int(port), shutdown_timeout=0.5).start()

    async def _healthy(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _READY_TIMEOUT_S
        while reason := self.ailment(await self.serving()):
            if loop.time() > deadline:
                raise WorldFaultError(f"the world does not become healthy: {reason}; see {self.folders.logs}")
            await asyncio.sleep(0.05)

    # Living.

    async def serving(self) -> set[str]:
        """The names of the nodes that the gateway sends traffic to."""
        try:
            return await self.gateway.up()
        except OSError:
            return set()

    def ailment(self, serving: set[str]) -> str | None:
        """Why the world is not healthy: one writer, one standby as the durability wants it, all nodes `serving`."""
        if not self.leader:
            return "no databases yet"
        if reason := self.leader.ailment():
            return reason
        if dead := [name for name, keeper in self.keepers.items() if not keeper.alive]:
            return f"dead: {', '.join(dead)}"
        if idle := [node.name for node in self.plan.nodes if node.name not in serving]:
            return f"not serving: {', '.join(idle)}"
        return None

    async def _steer(self) -> None:
        """Repeat to the gateway what it did not take, being frozen perhaps."""
        while True:
            await asyncio.sleep(_STEER_EVERY_S)
            if self.gateway.dirty:
                with contextlib.suppress(OSError):
                    await self.gateway.apply()

    async def _bound_logs(self) -> None:
        while True:
            await asyncio.sleep(_BOUND_LOGS_EVERY_S)
            self.spawner.bound_logs()

    async def close(self) -> None:
        """End every part; the data is not needed any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.leader:
            await self.leader.close()
        if self._runner:
            await self._runner.cleanup()
        if self._http:
            await self._http.close()
        await asyncio.gather(*(asyncio.to_thread(database.destroy) for database in self.databases))


async def _accepts(node: topology.Node) -> None:
    """A node is useful once it can be connected to; whether it is healthy is the gateway's to find out."""
    _, writer = await asyncio.open_connection(node.host, node.port)
    writer.close()


class Teller:
    """Tells whoever started the daemon how it goes; a listener that has left is no reason to stop."""

    def __init__(self, descriptor: int) -> None:
        """`descriptor` is the writing end of a pipe."""
        self._descriptor: int | None = descriptor

    def _tell(self, **line: str | int) -> None:
        if self._descriptor is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._descriptor, json.dumps(line).encode() + b"\n")

    def progress(self, what: str) -> None:
        """Something is being started."""
        self._tell(progress=what)

    def last(self, **line: str | int) -> None:
        """The result; nothing follows."""
        self._tell(**line)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


async def live(settings: Settings, tell: Teller) -> int:
    """Bring the world up and keep it until SIGTERM; returns the exit code."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    folders = layout(Path(settings.directory), database_owner().uid)
    supervisor = Supervisor(settings, folders)
    building = asyncio.create_task(supervisor.build(tell))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({building, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if building.done():
            building.result()
            tell.last(ready=str(folders.topology))
            await stop.wait()
    except (WorldError, OSError) as error:
        tell.last(failed=str(error), code=getattr(error, "exit_code", 70))
        return getattr(error, "exit_code", 70)
    finally:
        building.cancel()
        await asyncio.gather(building, return_exceptions=True)
        stopping.cancel()
        await supervisor.close()
    return 0


def main() -> int:
    """The process."""
    world, descriptor = Path(sys.argv[1]), int(sys.argv[2])
    os.umask(0o077)  # configurations, logs and events hold secrets of this world
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - its only argument
    settings = replace(Settings.load(world / "world.json"), directory=str(world))
    return asyncio.run(live(settings, Teller(descriptor)))


if __name__ == "__main__":
    sys.exit(main())
