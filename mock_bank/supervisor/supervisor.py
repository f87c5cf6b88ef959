"""All parts of a world: brought up together, or taken over from a supervisor that died; kept; ended."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import aiohttp

from mock_bank.errors import WorldFaultError
from mock_bank.events import Events
from mock_bank.layout import topology
from mock_bank.layout.folders import Folders, write_private
from mock_bank.layout.record import Record
from mock_bank.layout.settings import Settings
from mock_bank.layout.writeback import write_out
from mock_bank.network import gateway
from mock_bank.network.gateway import Gateway, find_haproxy
from mock_bank.network.gateways import Gateways
from mock_bank.patroni.configuration import WITNESS, PatroniFiles
from mock_bank.patroni.leadership import PatroniLeadership
from mock_bank.patroni.runtime import Runtime, find_patroni
from mock_bank.postgres import configuration, template
from mock_bank.postgres.binaries import database_user, find_postgres
from mock_bank.postgres.configuration import SUPERUSER, Login
from mock_bank.postgres.failover import Failover
from mock_bank.postgres.interfaces import Leadership, Policy
from mock_bank.postgres.server import Cluster, Server
from mock_bank.postgres.term import Term, TermFile
from mock_bank.processes.identity import Identity, PidFile, children, end_for_good
from mock_bank.processes.spawning import Child, Spawner
from mock_bank.supervisor.autoscaler import Autoscaler
from mock_bank.supervisor.breakers import BreakerListener
from mock_bank.supervisor.dials import DialListener
from mock_bank.supervisor.first_words import first_words
from mock_bank.supervisor.fleet import Fleet, Hands
from mock_bank.supervisor.kill_switch import KillSwitchListener
from mock_bank.supervisor.outliers import OutlierWatch
from mock_bank.supervisor.patroni_parts import agent_parts, leading, witness_part
from mock_bank.supervisor.restarter import Hold, Part, Restarter
from mock_bank.supervisor.tasks import kept_running

_READY_TIMEOUT_S, _PATRONI_READY_TIMEOUT_S = 30.0, 90.0  # Patroni copies the standby by itself
_WRITTEN_OUT_S = 5.0  # a tenth of a second where nobody else keeps the disk busy
_GATEWAY_AFTER_S = 0.1  # it is the way of half the customers
_BOUND_LOGS_EVERY_S = 5.0
_JOINS_WARM_S = 60.0  # a node that joins does not serve before it is warm: it is longer than its restarter waits for it


class Supervisor:
    """Owns every part; `build` brings them up or `take_over` finds them, `settled` waits for them, `close` ends them."""

    def __init__(self, settings: Settings, folders: Folders, record: Record) -> None:
        """Plan the world; nothing is started yet."""
        self.settings, self.folders, self.record = settings, folders, record
        self.credentials = record.credentials
        self.events = Events(folders.events)
        self.plan = topology.plan_world(folders, record.addresses)
        self.binaries = find_postgres(database_user())
        self.patroni = find_patroni(self.binaries.user) if settings.failover == "patroni" else None
        self.pids = PidFile(folders.pids)
        self._first = Identity.of(os.getppid())  # now: once it is gone, the machine's own first process is our parent
        if me := Identity.of(os.getpid()):
            self.pids.add("supervisor", me)
        self.spawner = Spawner(folders.logs, self.pids, settings.nice)
        self.terms = TermFile(folders.term, self.binaries.user)
        instances = {instance.name: instance for instance in self.plan.databases}
        steered = [] if self.patroni else list(instances)  # Patroni's agents are asked by the gateways themselves
        self._gateways = {one.name: self._gateway(one.name, steered) for one in self.plan.gateways}
        self.gateways = Gateways(list(self._gateways.values()))
        superuser = Login(SUPERUSER, self.credentials.superuser_password)
        self.cluster = Cluster(self.binaries, superuser, self.spawner, folders.term, self.plan.replication())
        self.databases = [Server(self.cluster, instance, instances, self._wake) for instance in self.plan.databases]
        self.failover: Leadership | None = None
        elastic = [node for node in self.plan.nodes if node.service == topology.ELASTIC]
        self.fleet = Fleet(elastic, self.plan.spares, self.gateways, self.events, folders.conf / "fleet.json")
        operator, path = self.credentials.operator_token, folders.conf / "autoscaler.json"
        self.autoscaler = Autoscaler(self.fleet, operator, self.events, path, on=settings.autoscale)
        self.restarters: dict[str, Restarter] = {}
        self.centres = Hold(folders.conf / "hold.json")  # what stands in a centre, databases apart, which the failover holds
        self._node_tasks: dict[str, asyncio.Task[None]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._http: aiohttp.ClientSession | None = None

    def _gateway(self, name: str, databases: list[str]) -> Gateway:
        return Gateway(self.folders.socket(name), databases, lambda primary: self.events.add("repointed", part=name, database=primary))

    def _wake(self) -> None:
        if self.failover:
            self.failover.wake()
        self.describe()

    def describe(self) -> None:
        """Write topology.json, once there is a leader; a disk that does not take it is told."""
        if not self.failover:
            return
        alive: dict[str, Identity | None] = {name: r.child.identity if r.child else None for name, r in self.restarters.items()}
        alive |= {db.name: db.child.identity if db.child and db.alive else None for db in self.databases}
        alive |= {"supervisor": Identity.of(os.getpid()), "world": self._first}
        text = topology.topology_json(self.plan, self.settings, self.folders, self.credentials, self.failover.primary, alive)
        try:
            write_private(self.folders.topology, text)
        except OSError as error:
            self.events.add("trouble", part="topology", reason=str(error))

    # Bringing up.

    async def build(self, progress: Callable[[str], None]) -> None:
        """Start everything, telling each step.

        Raises:
            WorldError: some part does not come up.
        """
        for folder in (self.folders.conf, self.folders.run):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.record.write(self.folders.record)
        progress("gateways, links and service nodes")
        self._keep_parts({})
        progress(f"PostgreSQL {self.binaries.major}, two servers")
        term = await self._build_databases()
        progress("the bank's tables")
        await self._install()
        if self.patroni:
            progress("Patroni, beside each of them")
            await self._give_to_patroni(self.patroni, {})
        else:
            self._lead(term)
        await self._settled()

    def _keep_parts(self, running: dict[str, Child]) -> None:
        """Keep the gateways, the links, the suppliers and the nodes; those that are `running` are taken over."""
        folders, plan = self.folders, self.plan
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=2.0), headers={"Authorization": f"Bearer {self.credentials.control_token}"}
        )
        write_private(folders.token, self.credentials.control_token)
        links = self.spawner.python("mock_bank.network.linkproxy", plan.proxy_api, str(folders.token))
        suppliers = self.spawner.python("mock_bank.suppliers", str(self._suppliers_config()))
        parts = [
            Part("links", links, self._populate, self._ask_links),
            Part("suppliers", suppliers, self._ask_suppliers, self._ask_suppliers),
            *(self._gateway_part(one) for one in plan.gateways),
        ]
        for part in parts:
            self._keep_part(part, running.get(part.name), self.centres if part.name in self._gateways else None)
        for node in (*self._rigid(), *self.fleet.kept()):
            self._keep_node(node, running.get(node.name))
        elastic, operator = [member.node for member in self.fleet.members], self.credentials.operator_token
        self._keep("breakers", BreakerListener(elastic, lambda node: node.name in self.restarters, operator, self.events).run)
        self._keep("kill switch", KillSwitchListener(self.fleet.serving, operator, self.events).run)
        self._keep("dials", DialListener(self.plan.suppliers, self.credentials.control_token, self.events).run)
        self._keep("steer", self.gateways.steer)
        self._keep("outliers", OutlierWatch(self.customers_nodes, self.gateways, self.events).run)
        self._keep("fleet", partial(self.fleet.run, Hands(self._start_joining, self._release)))
        self._keep("autoscaler", self.autoscaler.run)
        self._keep("logs", self._bound_logs)

    def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        task = asyncio.create_task(kept_running(name, run, self.events))
        self._tasks.append(task)
        return task

    def _keep_part(self, part: Part, running: Child | None, hold: Hold | None) -> asyncio.Task[None]:
        restarter = self.restarters[part.name] = Restarter(part, self.spawner, self.events, self.describe, running, hold)
        return self._keep(part.name, restarter.run)

    def _gateway_part(self, entrance: topology.Entrance) -> Part:
        config, steered = self.folders.conf / f"{entrance.name}.cfg", self._gateways[entrance.name]
        agents = {agent.database: agent.api for agent in self.plan.agents} if self.patroni else None
        text = gateway.configuration(self.folders.socket(entrance.name), entrance.services, entrance.database, agents)
        write_private(config, text)
        return Part(entrance.name, [find_haproxy(), "-db", "-f", str(config)], steered.apply, steered.ask, _GATEWAY_AFTER_S)

    def _keep_node(self, node: topology.Node, running: Child | None, **more: object) -> None:
        config = topology.node_config(self.plan, node, self.credentials, self.settings, self.folders)
        path = self._config(node.name, config | {"capacity": self.autoscaler.limits} | more)
        part = Part(node.name, self.spawner.python("mock_bank.services.node", str(path)), partial(_accepts, node))
        self._node_tasks[node.name] = self._keep_part(part, running, self.centres)

    def _start_joining(self, node: topology.Node) -> Restarter:
        if node.name not in self.restarters:
            self._keep_node(node, None, warm_within_s=_JOINS_WARM_S)
        return self.restarters[node.name]

    def _release(self, node: topology.Node) -> Child | None:
        restarter, task = self.restarters.pop(node.name), self._node_tasks.pop(node.name)
        child = restarter.release()
        task.cancel()
        self._tasks.remove(task)
        self.describe()
        return child

    def _rigid(self) -> list[topology.Node]:
        """The nodes of the services that always have as many."""
        return [node for node in self.plan.nodes if node.service != topology.ELASTIC]

    def customers_nodes(self) -> list[topology.Node]:
        """The nodes that customers are sent to now."""
        return [*self._rigid(), *self.fleet.serving()]

    async def _populate(self) -> None:
        body = [{"name": link.name, "listen": link.listen, "upstream": link.upstream} for link in self.plan.links.values()]
        status, text = await self._ask_link_api("POST", "/populate", body)
        if status != 201:  # noqa: PLR2004 - Created
            raise WorldFaultError(f"the link proxy refuses its links: {text}")

    async def _ask_links(self) -> None:
        await self._ask_link_api("GET", "/version")

    async def _ask_link_api(self, method: str, path: str, body: object = None) -> tuple[int, str]:
        if self._http is None:
            raise WorldFaultError("not built")
        async with self._http.request(method, f"http://{self.plan.proxy_api}{path}", json=body) as answer:
            return answer.status, await answer.text()

    def _suppliers_config(self) -> Path:
        host, _, port = self.plan.suppliers.rpartition(":")
        tokens = {"control_token": self.credentials.control_token, "services_token": self.credentials.operator_token}
        return self._config("suppliers", {"host": host, "port": int(port), "ledger": str(self.folders.suppliers), **tokens})

    async def _ask_suppliers(self) -> None:
        if self._http is None:
            raise WorldFaultError("not built")
        async with self._http.get(f"http://{self.plan.suppliers}/health") as answer:
            answer.raise_for_status()

    async def _build_databases(self) -> Term:
        """Make both clusters, start them, and create what must be there; the standby follows through the links."""
        (first, second), data, owner = self.databases, self.folders.data, self.binaries.user
        data.parent.mkdir(parents=True, exist_ok=True)
        data.parent.chmod(0o711 if owner.other else 0o700)
        data.mkdir(mode=0o700)
        owner.give(data)
        configuration.write_passfile(data, self.cluster.superuser, owner)
        term = Term(1, first.name, first.name, established=True, released=self.settings.rejoin == "auto")
        self.terms.write(term)
        targets = [first.instance.data] if self.patroni else [first.instance.data, second.instance.data]  # Patroni copies by itself
        initial = await template.copy_cluster(self.binaries, self.spawner, targets)
        await first.start_leading(term)
        await first.first_words(initial, first_words(self.credentials))
        await self.restarters["links"].settled.wait()
        if not self.patroni:
            await second.start_following(first.name, term)
        return term

    def _lead(self, term: Term) -> None:
        settings, (first, second) = self.settings, self.databases
        policy = Policy(settings.durability, settings.rejoin == "auto", settings.rejoin_after_s, settings.patience_s)
        self.failover = Failover(
            policy, (first, second), term, router=self.gateways, events=self.events, keep=self.terms.write, changed=self.describe
        )
        self._keep("failover", self.failover.run)

    async def _give_to_patroni(self, runtime: Runtime, running: dict[str, Child]) -> None:
        """Have Patroni lead both servers; of a world that is built, the first one's agent comes first, for its data is the world's."""
        plan, files = self.plan, PatroniFiles(self.plan, self.settings, self.credentials, self.binaries)
        self.failover = leadership = PatroniLeadership(
            plan.agents,
            self.databases,
            self._gateways,
            durability=self.settings.durability,
            token=self.credentials.control_token,
            events=self.events,
            changed=self.describe,
        )
        first, second = agent_parts(runtime, files)
        witness = witness_part(runtime, files)
        if not running:
            files.write()
            await self.databases[0].retire()
            await self.databases[0].fence()
        self._keep("failover", leadership.run)
        self._keep_part(witness, running.get(witness.name), None)
        self._keep_part(first, running.get(first.name), self.centres)
        if not running:
            await leading(leadership)
        self._keep_part(second, running.get(second.name), self.centres)

    async def _install(self) -> None:
        instance = self.databases[0].instance
        node = topology.node_config(self.plan, self.plan.nodes[0], self.credentials, self.settings, self.folders)
        config = self._config("install", node | {"dsn": self.credentials.dsn(instance.host, instance.port)})
        await self.spawner.run("install", self.spawner.python("mock_bank.services.install", str(config)))

    def _config(self, name: str, content: topology.Json) -> Path:
        path = self.folders.conf / f"{name}.json"
        write_private(path, json.dumps(content, indent=1))
        return path

    async def _settled(self) -> None:
        waiting = [asyncio.create_task(restarter.settled.wait(), name=name) for name, restarter in self.restarters.items()]
        _, late = await asyncio.wait(waiting, timeout=_READY_TIMEOUT_S)
        for task in late:
            task.cancel()
            raise WorldFaultError(f"{task.get_name()} does not come up; see {self.spawner.log(task.get_name())}")

    async def healthy(self) -> None:
        """Wait until the world is healthy; from then on a later supervisor may take it over.

        Raises:
            WorldFaultError: it is not in time.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + (_PATRONI_READY_TIMEOUT_S if self.patroni else _READY_TIMEOUT_S)
        while reason := self.why_unhealthy(await self.serving()):
            if loop.time() > deadline:
                raise WorldFaultError(f"the world does not become healthy: {reason}; see {self.folders.logs}")
            await asyncio.sleep(0.02)
        with suppress(TimeoutError):  # a disk that others keep busy makes nobody wait for it
            await asyncio.wait_for(asyncio.to_thread(write_out, self.folders.data), _WRITTEN_OUT_S)
        self.describe()
        self.record = replace(self.record, up=True)
        self.record.write(self.folders.record)
        self.events.add("up")

    # Taking over.

    async def take_over(self) -> None:
        """Find what a predecessor has started and go on from the term that it wrote down; what it was in the middle of is ended.

        Raises:
            WorldError: what it left cannot be read.
        """
        term = None if self.patroni else self.terms.read()
        nodes = [*self._rigid(), *self.fleet.kept()]
        known = {"links", "suppliers", *self._gateways, *(node.name for node in nodes), *(database.name for database in self.databases)}
        known |= {WITNESS, *(agent.name for agent in self.plan.agents)}
        running = {name: identity for name, identity in self.pids.named().items() if name in known}
        servers = [configuration.running(database.instance.data) for database in self.databases]
        kept = {*running.values(), *filter(None, [Identity.of(os.getpid()), *servers])}
        taken_in = children(self._first.pid) if self._first and self._first.alive() else []
        strays = [identity for identity in {*self.pids.alive(), *taken_in} if identity not in kept]
        await asyncio.to_thread(end_for_good, strays)
        found = {name: Child(None, identity) for name, identity in running.items()}
        for database in self.databases if term else ():
            if database.name in found:
                database.adopt(found[database.name])
            else:
                await database.fence()
        self._keep_parts(found)
        if self.patroni:
            await self._give_to_patroni(self.patroni, found)
        elif term:
            self._lead(term)
        self.describe()

    # Living.

    async def serving(self) -> set[str]:
        """The names of the nodes that the gateways send traffic to, or would."""
        try:
            return await self.gateways.up()
        except OSError:
            return set()

    def why_unhealthy(self, serving: set[str]) -> str | None:
        """Why the world is not healthy: one writer, one standby as the durability wants it, all nodes `serving`."""
        if not self.failover:
            return "no databases yet"
        if reason := self.failover.why_unhealthy():
            return reason
        moving = [member.node.name for member in self.fleet.members if member.state != "serving"]
        if dead := [name for name, restarter in self.restarters.items() if not restarter.alive and name not in moving]:
            return f"dead: {', '.join(dead)}"
        if idle := [node.name for node in self.customers_nodes() if node.name not in serving]:
            return f"not serving: {', '.join(idle)}"
        return None

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
