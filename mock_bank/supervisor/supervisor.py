"""All parts of a world: brought up in order, kept, ended."""

import asyncio
import contextlib
import json
import os
import secrets
from collections.abc import Callable
from functools import partial
from pathlib import Path

import aiohttp

from mock_bank.errors import WorldFaultError
from mock_bank.events import Events
from mock_bank.layout import topology
from mock_bank.layout.folders import Folders, write_private
from mock_bank.layout.settings import Settings
from mock_bank.layout.topology import Credentials, Plan
from mock_bank.network import gateway
from mock_bank.network.gateway import Gateway, find_haproxy
from mock_bank.postgres import configuration
from mock_bank.postgres.binaries import database_owner, find_postgres
from mock_bank.postgres.configuration import SUPERUSER, Login
from mock_bank.postgres.failover import Failover, Tools
from mock_bank.postgres.server import Server
from mock_bank.processes.identity import Identity, PidFile
from mock_bank.processes.spawning import Spawner
from mock_bank.supervisor.restarter import Restarter, Settle

_READY_TIMEOUT_S = 30.0
_BOUND_LOGS_EVERY_S = 5.0
_STEER_EVERY_S = 0.25


class Supervisor:
    """Owns every part; `build` brings them up, `run` keeps them, `close` ends them."""

    def __init__(self, settings: Settings, folders: Folders) -> None:
        """Plan the world; nothing is started yet."""
        self.settings, self.folders = settings, folders
        self.events = Events(folders.world / "events.jsonl")
        self.plan: Plan = topology.plan_world(folders)
        self.credentials = Credentials("bank", secrets.token_hex(16), secrets.token_hex(16), secrets.token_hex(32))
        self.superuser = Login(SUPERUSER, secrets.token_hex(16))
        self.binaries = find_postgres(database_owner())
        self.spawner = Spawner(folders.logs, PidFile(folders.pids), settings.nice)
        names = [instance.name for instance in self.plan.databases]
        self.gateway = Gateway(folders.socket, names, lambda primary: self.events.add("repointed", database=primary))
        self.databases = [Server(self.binaries, instance, self.superuser, self.spawner, self._wake) for instance in self.plan.databases]
        self.failover: Failover | None = None
        self.restarters: dict[str, Restarter] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._http: aiohttp.ClientSession | None = None
        self._me = Identity.of(os.getpid())

    def _wake(self) -> None:
        self.describe()
        if self.failover:
            self.failover.wake()

    def describe(self) -> None:
        """Write topology.json, once there is a leader."""
        if not self.failover:
            return
        alive: dict[str, Identity | None] = {name: k.child.identity if k.child else None for name, k in self.restarters.items()}
        alive |= {db.name: db.child.identity if db.child and db.alive else None for db in self.databases}
        alive["supervisor"] = self._me
        write_private(
            self.folders.topology,
            topology.topology_json(self.plan, self.settings, self.folders, self.credentials, self.failover.primary.name, alive),
        )

    # Bringing up.

    async def build(self, progress: Callable[[str], None]) -> None:
        """Start everything, telling each step.

        Raises:
            WorldError: some part does not come up.
        """
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2.0))
        for folder in (self.folders.conf, self.folders.run):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        progress("gateway and links")
        self._keep("links", self.spawner.python("mock_bank.network.linkproxy", self.plan.proxy_api), self._populate)
        self._keep_gateway()
        progress(f"PostgreSQL {self.binaries.major}, two servers")
        await self._build_databases()
        await self._settled(["links", "gateway"])
        await self.gateway.point(self.databases[0].name)
        progress("the bank's tables")
        await self._install()
        progress("service nodes")
        for node in self.plan.nodes:
            config = self._config(node.name, topology.node_config(self.plan, node, self.credentials, self.settings, str(self.folders.logs)))
            self._keep(node.name, self.spawner.python("mock_bank.services.node", str(config)), partial(_accepts, node))
        self._tasks += [asyncio.create_task(self._bound_logs()), asyncio.create_task(self._steer())]

    async def settled(self) -> None:
        """Wait until the world is healthy, and tell it.

        Raises:
            WorldFaultError: it is not in time.
        """
        await self._healthy()
        self.describe()
        self.events.add("up")

    def _keep(self, name: str, argv: list[str], settle: Settle) -> None:
        restarter = self.restarters[name] = Restarter(name, argv, self.spawner, self.events, settle=settle, changed=self.describe)
        self._tasks.append(asyncio.create_task(restarter.run()))

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
        await self.spawner.run("initdb", configuration.initdb_argv(self.binaries, first.instance, password), owner)
        password.unlink()
        await asyncio.to_thread(configuration.clone, self.binaries, first.instance, second.instance)
        configuration.write_conf(self.binaries, first.instance)
        await first.start()
        link = self.plan.replication()[first.name]
        follow = self.superuser.conninfo(*link, application_name=second.name, connect_timeout="2")
        configuration.write_conf(self.binaries, second.instance, follow=follow)
        await self._settled(["links"])
        await asyncio.gather(second.start(), self._create_objects(first))
        tools = Tools(
            self.settings, self.binaries, self.superuser, self.spawner, self.gateway, self.events, self.plan.replication(), self.describe
        )
        self.failover = Failover(tools, first, second)
        self._tasks.append(asyncio.create_task(self.failover.run()))

    async def _create_objects(self, first: Server) -> None:
        session = await first.session("hand")
        await session.execute("CREATE TABLE stormdrill_proof (writes bigint NOT NULL); INSERT INTO stormdrill_proof VALUES (0)")
        await session.execute(f"CREATE ROLE {self.credentials.user} LOGIN PASSWORD '{self.credentials.password}'")
        await session.execute(f"CREATE DATABASE {topology.DATABASE} OWNER {self.credentials.user}")

    async def _install(self) -> None:
        instance = self.databases[0].instance
        node = topology.node_config(self.plan, self.plan.nodes[0], self.credentials, self.settings, str(self.folders.logs))
        config = self._config("install", node | {"dsn": self.credentials.dsn(instance.host, instance.port)})
        await self.spawner.run("install", self.spawner.python("mock_bank.services.install", str(config)))

    def _config(self, name: str, content: topology.Json) -> Path:
        path = self.folders.conf / f"{name}.json"
        write_private(path, json.dumps(content, indent=1))
        return path

    async def _settled(self, names: list[str]) -> None:
        try:
            async with asyncio.timeout(_READY_TIMEOUT_S):
                for name in names:
                    await self.restarters[name].settled.wait()
        except TimeoutError as error:
            raise WorldFaultError(f"{name} does not come up; see {self.spawner.log(name)}") from error

    async def _healthy(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _READY_TIMEOUT_S
        while reason := self.why_unhealthy(await self.serving()):
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

    def why_unhealthy(self, serving: set[str]) -> str | None:
        """Why the world is not healthy: one writer, one standby as the durability wants it, all nodes `serving`."""
        if not self.failover:
            return "no databases yet"
        if reason := self.failover.why_unhealthy():
            return reason
        if dead := [name for name, restarter in self.restarters.items() if not restarter.alive]:
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
        if self.failover:
            await self.failover.close()
        if self._http:
            await self._http.close()
        await asyncio.gather(*(asyncio.to_thread(database.destroy) for database in self.databases))


async def _accepts(node: topology.Node) -> None:
    """A node is useful once it can be connected to; whether it is healthy is the gateway's to find out."""
    _, writer = await asyncio.open_connection(node.host, node.port)
    writer.close()
