"""All handles of one target together: what a fault is given to work with, and what a lease remembers."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import orjson

from chaos.errors import NoTarget, WorldGone
from chaos.handles.supervisor import Supervisor
from chaos.handles.topology import Topology, read_topology
from chaos.handles.toxiproxy import Toxiproxy
from chaos.health import HealthCheck, ProbeResult
from scenarios.target.model import Strict, Target
from scenarios.target.templates import TextTemplate
from scenarios.target.world_facts import flattened


class Handles(Strict):
    """How the parts of a target are reached. What is not given cannot be broken."""

    topology_file: Path | None = None
    proxy_api: str | None = None
    health: HealthCheck | None = None
    secrets: tuple[str, ...] = ()  # the environment's, by name
    world_secrets: dict[str, str] = {}  # a name, and the topology's key whose value it is

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
        )

    def topology(self) -> Topology:
        """The topology as it is now. Raises NoTarget without a handle, WorldGone, OutOfReach."""
        if self.topology_file is None:
            raise NoTarget("the target has no handle 'topology', so no process of it can be named")
        return read_topology(self.topology_file)

    def supervisor(self) -> Supervisor:
        """The world's supervisor. Raises as `topology`."""
        topology = self.topology()
        return Supervisor(topology.supervisor.url, topology.control_token)

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
