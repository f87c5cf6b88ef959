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
from chaos.health import HealthCheck, Look
from scenarios.target.model import Strict, Target
from scenarios.target.templates import TextTemplate
from scenarios.target.world_facts import flattened


class Reach(Strict):
    """How the parts of a target are reached. What is not given cannot be broken."""

    topology: Path | None = None
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
            topology=Path(topology) if topology else None,
            proxy_api=given.get("proxy_api"),
            health=HealthCheck.of(target.health, statics) if target.health else None,
            secrets=tuple(target.secrets),
            world_secrets=target.world.secrets if target.world else {},
        )

    def world(self) -> Topology:
        """The topology as it is now. Raises NoTarget without a handle, WorldGone, OutOfReach."""
        if self.topology is None:
            raise NoTarget("the target has no handle 'topology', so no process of it can be named")
        return read_topology(self.topology)

    def supervisor(self) -> Supervisor:
        """The world's supervisor. Raises as `world`."""
        world = self.world()
        return Supervisor(world.supervisor.url, world.control_token)

    def links(self) -> Toxiproxy:
        """The link proxy. Raises NoTarget without a handle; as `world` where the topology must tell."""
        world = self.world() if self.topology else None
        url = self.proxy_api or (world.proxy_api if world else "")
        if not url:
            raise NoTarget("the target has no handle 'proxy_api', so no link of it can be broken")
        token = world.control_token if world and url == world.proxy_api else ""  # the world's token is for nobody else
        return Toxiproxy(url.rstrip("/"), token)

    def secret_values(self) -> dict[str, str]:
        """The declared secrets that are known now, by name: the world's from its topology, so that any process of the user's has them."""
        found = {name: os.environ[name] for name in self.secrets if name in os.environ}
        if self.topology and self.world_secrets:
            with suppress(OSError, ValueError):
                facts = flattened(orjson.loads(self.topology.read_bytes()))
                found |= {name: str(facts[key]) for name, key in self.world_secrets.items() if key in facts}
        return found

    def whole(self) -> Look:
        """Whether the target is healthy. One that does not say how to tell is not called so."""
        if self.health is None:
            return Look(holds=False, evidence="the target has no 'health', so nobody can tell whether it is whole")
        return self.health.look(self.secret_values())

    def owner(self) -> tuple[int, int] | None:
        """Pid and start time of the world's first process, None where there is no world behind this target."""
        try:
            topology = self.world()
        except (NoTarget, WorldGone):
            return None
        return topology.pid, topology.started


def target_health(target: Target, statics: Mapping[str, object]) -> Look | None:
    """Whether the target is whole now; None where its file does not say how to tell."""
    return Reach.of(target, statics).whole() if target.health else None
