"""topology.json: which parts the world has, and which process each of them is. Read fresh each time, for pids and roles change."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chaos.errors import NoTarget, OutOfReach, WorldGone
from chaos.handles.process import Process
from scenarios.safe_reading import Missing, Unreadable, read_bounded
from scenarios.target.world_facts import MOST_BYTES

Kind = Literal["node", "database", "gateway", "agent"]


class _Lenient(BaseModel):
    """A part of somebody else's file: what we do not know is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Part(_Lenient):
    """A process of the world; without pid while it is down."""

    name: str
    role: str = ""
    datacentre: str = ""
    pid: int | None = None
    started: int | None = None

    @property
    def process(self) -> Process | None:
        """The very process, None while the part is down."""
        return Process(self.pid, self.started) if self.pid is not None and self.started is not None else None


class Supervisor(_Lenient):
    """Where the world's own keeper answers, and its process; without pid while it is down."""

    url: str
    pid: int | None = None
    started: int | None = None

    @property
    def process(self) -> Process | None:
        """The very process, None while it is down."""
        return Process(self.pid, self.started) if self.pid is not None and self.started is not None else None


class Suppliers(_Lenient):
    """Where those answer on whom the world's services depend."""

    url: str


class Link(_Lenient):
    """A way between two parts. That of replication goes from the database that is copied to the one that copies it."""

    name: str
    source: str
    target: str


class Topology(_Lenient):
    """The world as it is now."""

    world: str = ""
    nonce: str = ""
    pid: int
    started: int
    supervisor: Supervisor
    proxy_api: str = ""
    suppliers: Suppliers | None = None
    control_token: str = Field(default="", repr=False)  # wanted by the supervisor, the link proxy and the suppliers' dials
    gateways: list[Part] = []
    nodes: list[Part] = []
    databases: list[Part] = []
    agents: list[Part] = []  # what decides beside each database who leads, where the world has such
    links: list[Link] = []

    @property
    def supervisor_process(self) -> Process:
        """The process that has started all others."""
        return Process(self.pid, self.started)

    def parts(self, kind: Kind) -> list[Part]:
        """All parts of a kind."""
        return {"node": self.nodes, "database": self.databases, "gateway": self.gateways, "agent": self.agents}[kind]

    def one(self, kind: Kind, *, name: str = "", role: str = "", datacentre: str = "") -> Part:
        """The first living part by name that is as wanted; what is empty does not matter.

        Raises:
            NoTarget: there is none.
        """
        wanted = {key: value for key, value in {"name": name, "role": role, "datacentre": datacentre}.items() if value}
        fitting = [part for part in self.parts(kind) if all(getattr(part, key) == value for key, value in wanted.items())]
        living = sorted((part for part in fitting if part.process and part.process.alive), key=lambda part: part.name)
        if not living:
            asked = " ".join([kind, *(f"{key}={value}" for key, value in wanted.items())])
            there = ", ".join(
                f"{part.name} ({part.role}, {part.datacentre}{'' if part.process else ', down'})" for part in self.parts(kind)
            )
            raise NoTarget(f"no living {asked} in the topology; there are: {there or 'none'}")
        return living[0]

    def replication_link(self) -> str:
        """The name of the link through which the present primary is copied: after a failover another one than before.

        Raises:
            NoTarget: no primary lives, no link leads from it to another database, or that one does not live, and nobody would feel it.
        """
        primary, databases = self.one("database", role="primary").name, {part.name for part in self.databases}
        found = [link for link in self.links if link.source == primary and link.target in databases]
        if not found:
            raise NoTarget(f"no link in the topology leads from the primary {primary} to another database; name one")
        self.one("database", name=found[0].target)
        return found[0].name

    def processes_of(self, part: Part) -> list[Process]:
        """The part's process and all that it has started, itself first.

        Raises:
            NoTarget: the process is not there any more, or was not started by this world.
        """
        process = part.process
        if process is None or not process.alive:
            raise NoTarget(f"{part.name} has no living process of pid {part.pid} and that start time")
        if not process.descends_from(self.supervisor_process):
            raise NoTarget(f"{part.name} (pid {process.pid}) was not started by the world's supervisor (pid {self.pid}); it is left alone")
        return process.tree()


def read_topology(path: Path) -> Topology:
    """The topology as it stands in the file now.

    Raises:
        WorldGone: there is no such file, or the world's first process is not alive.
        OutOfReach: the file cannot be read.
    """
    try:
        topology = Topology.model_validate_json(read_bounded(path, MOST_BYTES))
    except Missing:
        raise WorldGone(f"{path}: there is no world") from None
    except Unreadable as error:
        raise OutOfReach(f"{path}: {error}") from None
    except ValidationError as error:
        raise OutOfReach(f"{path}: is no topology ({type(error).__name__})") from None
    if not topology.supervisor_process.alive:
        raise WorldGone(f"{path}: the world's supervisor (pid {topology.pid}) is not alive")
    return topology
