"""The world's plan: which parts there are, where, and how they are told to the outside."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mock_bank.layout.folders import Folders
from mock_bank.layout.ports import LOOPBACK, PortClaim, centre_hosts
from mock_bank.layout.settings import Settings
from mock_bank.processes.identity import STARTED_UNIT, Identity

DATABASE = "bank"
SERVICES = ("bank", "campaign")
CENTRES = ("A", "B")
ELASTIC = "campaign"
"""The service that may have more nodes than one in each centre."""

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Node:
    """One service node."""

    name: str
    service: str
    centre: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Instance:
    """One database server's name, centre, address and folders."""

    name: str
    centre: str
    host: str
    port: int
    data: Path

    @property
    def conf(self) -> Path:
        """Its configuration file."""
        return self.data.with_name(f"{self.name}.conf")


@dataclass(frozen=True, slots=True)
class Agent:
    """The Patroni beside one database, where Patroni decides who leads: its API, and its place among the voters."""

    name: str
    database: str
    centre: str
    host: str
    port: int
    vote_port: int

    @property
    def api(self) -> str:
        """``host:port`` of its REST API."""
        return f"{self.host}:{self.port}"

    @property
    def voter(self) -> str:
        """``host:port`` at which the other voters reach it."""
        return f"{self.host}:{self.vote_port}"


@dataclass(frozen=True, slots=True)
class Upstream:
    """One server behind a frontend; a spare one gets nothing until somebody says so, one of the other centre while there is another."""

    name: str
    host: str
    port: int
    spare: bool = False
    away: bool = False


@dataclass(frozen=True, slots=True)
class Frontend:
    """One address of a gateway and who serves it."""

    name: str
    host: str
    port: int
    servers: Sequence[Upstream]

    @property
    def listen(self) -> str:
        """``host:port``."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Entrance:
    """The gateway of one centre: where each service is to be had there, and the database."""

    centre: str
    services: tuple[Frontend, ...]
    database: Frontend

    @property
    def name(self) -> str:
        """Its part's name."""
        return f"gateway-{self.centre.lower()}"

    def listen(self, service: str) -> str:
        """Where that service is to be had, ``host:port``."""
        return next(frontend.listen for frontend in self.services if frontend.name == service)


@dataclass(frozen=True, slots=True)
class Link:
    """One way between two parts, through the link proxy: `source` to `target`, at `port`, ending at `upstream`."""

    name: str
    source: str
    target: str
    port: int
    upstream: str

    @property
    def listen(self) -> str:
        """``host:port``."""
        return f"{LOOPBACK}:{self.port}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Every part's name and address, fixed for the world's life."""

    nodes: tuple[Node, ...]
    spares: tuple[Node, ...]  # places for more nodes, which are empty at first
    databases: tuple[Instance, Instance]
    gateways: tuple[Entrance, ...]
    links: dict[str, Link]
    proxy_api: str
    supervisor: str
    suppliers: str
    agents: tuple[Agent, Agent]  # of Patroni, in a world that it leads
    witness: str  # the third voter, in neither centre

    def replication(self) -> dict[str, tuple[str, int]]:
        """By the primary's name, the link's address through which its standby reaches it."""
        first, second = self.databases
        links = (self.links["a-b.replication"], self.links["b-a.replication"])
        return {instance.name: (LOOPBACK, link.port) for instance, link in zip((first, second), links, strict=True)}


@dataclass(frozen=True, slots=True)
class Addresses:
    """What was found free for a world: the host of each centre, and ports."""

    hosts: dict[str, str]
    ports: list[int]

    @classmethod
    def claimed(cls, claim: PortClaim) -> "Addresses":
        """Addresses for everything, free for as long as the claim is held."""
        return cls(centre_hosts(), claim.ports)


def plan_world(folders: Folders, addresses: Addresses) -> Plan:
    """Plan a world; the same for the same addresses."""
    ports, hosts = iter(addresses.ports), addresses.hosts
    nodes = tuple(
        Node(f"{service}-{centre.lower()}", service, centre, hosts[centre], next(ports)) for service in SERVICES for centre in CENTRES
    )
    spares = tuple(Node(f"{ELASTIC}-{centre.lower()}2", ELASTIC, centre, hosts[centre], next(ports)) for centre in CENTRES)
    instances = [Instance(f"db-{c.lower()}", c, hosts[c], next(ports), folders.data / f"db-{c.lower()}") for c in CENTRES]
    everyone = (*nodes, *spares)
    entrances = {}
    for centre in CENTRES:
        behind = {
            s: [Upstream(n.name, n.host, n.port, n in spares, n.centre != centre) for n in everyone if n.service == s] for s in SERVICES
        }
        services = tuple(Frontend(service, hosts[centre], next(ports), servers) for service, servers in behind.items())
        database = Frontend("db", hosts[centre], next(ports), [Upstream(p.name, p.host, p.port) for p in instances])
        entrances[centre] = Entrance(centre, services, database)
    ways = [(f"{node.name}.db", node.name, "db", entrances[node.centre].database.listen) for node in everyone]
    ways += [(f"{n.name}.bank", n.name, "bank", entrances[n.centre].listen("bank")) for n in everyone if n.service == "campaign"]
    for one, other, name in ((instances[0], instances[1], "a-b"), (instances[1], instances[0], "b-a")):
        ways.append((f"{name}.replication", one.name, other.name, f"{one.host}:{one.port}"))
    proxy_api, supervisor, suppliers = (f"{LOOPBACK}:{next(ports)}" for _ in range(3))
    ways += [(f"{node.name}.suppliers", node.name, "suppliers", suppliers) for node in everyone if node.service == "campaign"]
    links = {way[0]: Link(way[0], way[1], way[2], next(ports), way[3]) for way in ways}
    agents = [Agent(f"patroni-{p.centre.lower()}", p.name, p.centre, p.host, next(ports), next(ports)) for p in instances]
    return Plan(
        nodes,
        spares,
        (instances[0], instances[1]),
        tuple(entrances.values()),
        links,
        proxy_api,
        supervisor,
        suppliers,
        (agents[0], agents[1]),
        f"{LOOPBACK}:{next(ports)}",
    )


PEOPLE = ("head-of-risk", "head-of-retail", "president", "intern")
"""Who signs in at the campaign service."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The world's secrets."""

    user: str
    password: str
    operator_token: str
    secret: str
    control_token: str  # wanted by the supervisor's API, the link proxy's, and whoever turns the suppliers' dials
    superuser_password: str
    people: Mapping[str, str]  # what each of them shows to sign in, by name

    @classmethod
    def new(cls) -> "Credentials":
        """Secrets of a new world."""
        password, operator, control, superuser = (secrets.token_hex(16) for _ in range(4))
        return cls("bank", password, operator, secrets.token_hex(32), control, superuser, {one: secrets.token_hex(16) for one in PEOPLE})

    def dsn(self, host: str, port: int) -> str:
        """How a service reaches the database at this address."""
        return f"postgresql://{self.user}:{self.password}@{host}:{port}/{DATABASE}"


def node_config(plan: Plan, node: Node, credentials: Credentials, settings: Settings, folders: Folders) -> Json:
    """What a service node is started with."""
    links, config = plan.links, dict[str, object]()
    config |= {"service": node.service, "name": node.name, "site": node.centre, "host": node.host, "port": node.port}
    config["dsn"] = credentials.dsn(LOOPBACK, links[f"{node.name}.db"].port)
    if node.service == "campaign":
        config["bank_url"] = f"http://{links[f'{node.name}.bank'].listen}"
        config["suppliers_url"] = f"http://{links[f'{node.name}.suppliers'].listen}"
        config["people"] = credentials.people
        config["breakers_file"] = str(folders.conf / f"{node.name}.breakers")
    config |= {"nonce": settings.nonce, "secret": credentials.secret, "operator_token": credentials.operator_token}
    return config | {"for_tests": settings.for_tests, "switches": dict.fromkeys(settings.switches, True), "log_dir": str(folders.logs)}


def topology_json(
    plan: Plan, settings: Settings, folders: Folders, credentials: Credentials, primary: str, alive: Mapping[str, Identity | None]
) -> str:
    """The text of topology.json; `alive` has each process by its part's name, `world` the first one's, None while it is down."""

    def process(name: str) -> Json:
        identity = alive.get(name)
        return {"pid": identity.pid if identity else None, "started": identity.started if identity else None}

    gateways = [
        {"name": one.name, "datacentre": one.centre, **process(one.name)}
        | {frontend.name: f"http://{frontend.listen}" for frontend in one.services}
        | {"db": one.database.listen, "socket": str(folders.socket(one.name))}
        for one in plan.gateways
    ]
    nodes = [
        {"name": n.name, "role": n.service, "datacentre": n.centre, **process(n.name), "host": n.host, "port": n.port}
        | {"url": f"http://{n.host}:{n.port}"}
        for n in (*plan.nodes, *(spare for spare in plan.spares if alive.get(spare.name)))
    ]
    databases = [
        {"name": p.name, "role": "primary" if p.name == primary else "standby", "datacentre": p.centre, **process(p.name)}
        | {"host": p.host, "port": p.port, "data_dir": str(p.data)}
        for p in plan.databases
    ]
    links = [{"name": way.name, "source": way.source, "target": way.target, "listen": way.listen} for way in plan.links.values()]
    world = {
        "world": "mock_bank",
        "nonce": settings.nonce,
        "dir": str(folders.world),
        **process("world"),
        "started_unit": STARTED_UNIT,
    }
    world |= {
        "supervisor": {"url": f"http://{plan.supervisor}", **process("supervisor")},
        "proxy_api": f"http://{plan.proxy_api}",
        "links_process": process("links"),
        "suppliers": {"url": f"http://{plan.suppliers}", **process("suppliers")},
    }
    agents = [
        {"name": a.name, "role": "primary" if a.database == primary else "standby", "datacentre": a.centre, **process(a.name)}
        | {"url": f"http://{a.api}"}
        for a in (plan.agents if settings.failover == "patroni" else ())
    ]
    world |= {"gateways": gateways, "nodes": nodes, "databases": databases, "agents": agents, "links": links}
    world |= {
        "database": {"user": credentials.user, "name": DATABASE, "password": credentials.password},
        "operator_token": credentials.operator_token,
        "control_token": credentials.control_token,
        "people": credentials.people,
    }
    world |= {"durability": settings.durability, "failover": settings.failover}
    return json.dumps(world | {"switches": dict.fromkeys(settings.switches, True)}, indent=1) + "\n"
