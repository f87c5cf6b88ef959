"""All handles of one target together: what a fault is given to work with, and what a lease remembers."""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from chaos.errors import NoTarget, WorldGone
from chaos.handles.supervisor import Supervisor
from chaos.handles.topology import Topology, read_topology
from chaos.handles.toxiproxy import Toxiproxy
from chaos.health import HealthCheck, Look
from scenarios.target.model import Strict, Target
from scenarios.target.templates import TextTemplate


class Reach(Strict):
    """How the parts of a target are reached. What is not given cannot be broken."""

    topology: Path | None = None
    proxy_api: str | None = None
    health: HealthCheck | None = None

    @classmethod
    def of(cls, target: Target, statics: Mapping[str, object]) -> Self:
        """The handles of a target file, its placeholders filled. Raises BadInput where nothing is known to fill one with."""
        given = {name: TextTemplate.of(text).render(statics) for name, text in target.handles.items()}
        topology = given.get("topology")
        return cls(
            topology=Path(topology) if topology else None,
            proxy_api=given.get("proxy_api"),
            health=HealthCheck.of(target.health, statics) if target.health else None,
        )

    def world(self) -> Topology:
        """The topology as it is now. Raises NoTarget without a handle, WorldGone, OutOfReach."""
        if self.topology is None:
            raise NoTarget("the target has no handle 'topology', so no process of it can be named")
        return read_topology(self.topology)

    def supervisor(self) -> Supervisor:
        """The world's supervisor. Raises as `world`."""
        return Supervisor(self.world().supervisor.url)

    def links(self) -> Toxiproxy:
        """The link proxy. Raises NoTarget without a handle; as `world` where the topology must tell."""
        url = self.proxy_api or (self.world().proxy_api if self.topology else "")
        if not url:
            raise NoTarget("the target has no handle 'proxy_api', so no link of it can be broken")
        return Toxiproxy(url.rstrip("/"))

    def whole(self) -> Look:
        """Whether the target is healthy. One that does not say how to tell is not called so."""
        if self.health is None:
            return Look(holds=False, evidence="the target has no 'health', so nobody can tell whether it is whole")
        return self.health.look()

    def owner(self) -> tuple[int, int] | None:
        """Pid and start time of the world's first process, None where there is no world behind this target."""
        try:
            topology = self.world()
        except (NoTarget, WorldGone):
            return None
        return topology.pid, topology.started
