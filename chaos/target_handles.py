"""All handles of one target together: what a fault is given to work with, and what a lease remembers."""

import os
from collections.abc import Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Self, TypeVar

import orjson

from chaos.errors import NoTarget, OutOfReach, WorldGone
from chaos.handles.handle import Handle
from chaos.handles.supervisor import Supervisor
from chaos.handles.suppliers import Suppliers
from chaos.handles.topology import Topology, read_topology
from chaos.handles.toxiproxy import Toxiproxy
from chaos.health import HealthCheck, ProbeResult
from scenarios.errors import BadInput
from scenarios.plugins import HANDLE, classes, modules
from scenarios.strict import Strict
from scenarios.target.model import Target
from scenarios.target.templates import TextTemplate
from scenarios.target.world_facts import flattened

HandleT = TypeVar("HandleT", bound=Handle)

_BUILT_IN = ("topology", "proxy_api")


def check_handles(target: Target) -> None:
    """Raises BadInput where the target's file names a handle that there is not."""
    there = sorted([*_BUILT_IN, *(name for name, module in modules(HANDLE) if classes(HANDLE, module))])
    for name in target.handles:
        if handle_kind(name) not in there:
            close = get_close_matches(name, there, 1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise BadInput(f"target {target.name}: there is no handle {name!r}; {hint}there are: {', '.join(there)}")


def handle_kind(name: str) -> str:
    """What a target's file names a handle by, as files of handles are called, and as drills say what they need."""
    return name if name in _BUILT_IN else name.replace("_", "-")


class Handles(Strict):
    """How the parts of a target are reached. What is not given cannot be broken."""

    topology_file: Path | None = None
    proxy_api: str | None = None
    health: HealthCheck | None = None
    secrets: tuple[str, ...] = ()  # the environment's, by name
    world_secrets: dict[str, str] = {}  # a name, and the topology's key whose value it is
    others: dict[str, str] = {}  # addresses by the names of handles' files

    @classmethod
    def of(cls, target: Target, statics: Mapping[str, object]) -> Self:
        """The handles of a target file, its placeholders filled. Raises BadInput where nothing is known to fill one with."""
        given = {name: TextTemplate.of(text).render(statics) for name, text in target.handles.items()}
        topology = given.get("topology")
        return cls(
            topology_file=Path(topology) if topology else None,
            proxy_api=given.get("proxy_api"),
            health=HealthCheck.of(target.health, statics) if target.health else None,
            secrets=tuple(target.secrets),
            world_secrets=target.world.secrets if target.world else {},
            others={handle_kind(name): address for name, address in given.items() if name not in _BUILT_IN},
        )

    def handle(self, kind: type[HandleT]) -> HandleT:
        """The handle of that class, at the address that the target's file gives it. Raises NoTarget where it gives none."""
        if kind.kind() not in self.others:
            raise NoTarget(f"the target has no handle {kind.kind()!r}")
        return kind(self.others[kind.kind()])  # type: ignore[call-arg]  # a handle is made from its address

    def topology(self) -> Topology:
        """The topology as it is now. Raises NoTarget without a handle, WorldGone, OutOfReach."""
        if self.topology_file is None:
            raise NoTarget("the target has no handle 'topology', so no process of it can be named")
        return read_topology(self.topology_file)

    def supervisor(self) -> Supervisor:
        """The world's supervisor. Raises as `topology`."""
        topology = self.topology()
        return Supervisor(topology.supervisor.url, topology.control_token)

    def suppliers(self) -> Suppliers:
        """The world's suppliers. Raises NoTarget where it has none; as `topology`."""
        topology = self.topology()
        if topology.suppliers is None:
            raise NoTarget("the world has no suppliers, so none of them can fail")
        return Suppliers(topology.suppliers.url, topology.control_token)

    def link_proxy(self) -> Toxiproxy:
        """The link proxy. Raises NoTarget without a handle; as `topology` where the topology must tell."""
        topology = self.topology() if self.topology_file else None
        url = self.proxy_api or (topology.proxy_api if topology else "")
        if not url:
            raise NoTarget("the target has no handle 'proxy_api', so no link of it can be broken")
        token = topology.control_token if topology and url == topology.proxy_api else ""  # the world's token is for nobody else
        return Toxiproxy(url.rstrip("/"), token)

    def secret_values(self) -> dict[str, str]:
        """The declared secrets that are known now, by name: the world's from its topology, so that any process of the user's has them."""
        found = {name: os.environ[name] for name in self.secrets if name in os.environ}
        if self.topology_file and self.world_secrets:
            with suppress(OSError, ValueError):
                facts = flattened(orjson.loads(self.topology_file.read_bytes()))
                found |= {name: str(facts[key]) for name, key in self.world_secrets.items() if key in facts}
        return found

    def probe_health(self) -> ProbeResult:
        """Whether the target is healthy. One that does not say how to tell is not called so."""
        if self.health is None:
            return ProbeResult(holds=False, evidence="the target has no 'health', so nobody can tell whether it is whole")
        return self.health.probe(self.secret_values())

    def count_writers(self) -> int | None:
        """How many parts of the target accept writes now; None where it does not say, or cannot be asked."""
        return self.health.count_writers(self.secret_values()) if self.health else None

    def world_process(self) -> tuple[int, int] | None:
        """Pid and start time of the world's first process, None where there is no world behind this target."""
        try:
            topology = self.topology()
        except (NoTarget, WorldGone):
            return None
        return topology.pid, topology.started


def target_health(target: Target, statics: Mapping[str, object]) -> ProbeResult | None:
    """Whether the target is whole now; None where its file does not say how to tell."""
    return Handles.of(target, statics).probe_health() if target.health else None


def world_gone(topology: Path) -> bool:
    """Whether the world of that topology has no living supervisor; a file that cannot be read just now proves nothing."""
    try:
        read_topology(topology)
    except WorldGone:
        return True
    except OutOfReach:
        return False
    return False
