"""All handles of one target together: what a fault is given to work with, and what a lease remembers."""

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar, cast
from urllib.parse import urlsplit

from chaos.errors import NoTarget, OutOfReach, WorldGone
from chaos.handles.chaos_toolkit import ChaosToolkit, ToolkitAccess
from chaos.handles.handle import Handle
from chaos.handles.http_admin import AdminAccess, HttpAdmin
from chaos.handles.postgresql import Postgresql
from chaos.handles.ssh import Ssh
from chaos.handles.supervisor import Supervisor
from chaos.handles.suppliers import Suppliers
from chaos.handles.topology import Topology, read_topology
from chaos.handles.toxiproxy import Toxiproxy
from chaos.health import Claims, HealthCheck, ProbeResult
from scenarios.client.http import NO_PINS, Pins
from scenarios.errors import BadInput, choices
from scenarios.plan.operator_file import operator_file
from scenarios.plugins import HANDLE, classes, module, modules, plugin_class
from scenarios.safe_reading import Unreadable
from scenarios.strict import Strict
from scenarios.target.addresses import parse_address
from scenarios.target.model import Target
from scenarios.target.places import tls_by_address
from scenarios.target.services import Tls
from scenarios.target.templates import TextTemplate
from scenarios.target.world_facts import read_facts

HandleT = TypeVar("HandleT", bound=Handle)

_BUILT_IN = ("topology", "proxy_api")


def check_handles(target: Target) -> None:
    """Raises BadInput where the target's file names a handle that there is not."""
    there = sorted([*_BUILT_IN, *(name for name, module in modules(HANDLE) if classes(HANDLE, module))])
    for name in target.handles:
        if handle_kind(name) not in there:
            raise target.refusal(f"there is no handle {name!r}; {choices(name, there)}", "handles", name)


def handle_kind(name: str) -> str:
    """What a target's file names a handle by, as files of handles are called, and as drills say what they need."""
    return name if name in _BUILT_IN else name.replace("_", "-")


def given_handles(target: Target) -> dict[str, str]:
    """What a target's file gives, by the names that drills need it by, each with where it leads."""
    given = {handle_kind(name): texts if isinstance(texts, str) else " and ".join(texts) for name, texts in target.handles.items()}
    return given | ({"toolkit": "wherever its drivers lead"} if target.toolkit.switches else {})


class Handles(Strict):
    """How the parts of a target are reached. What is not given cannot be broken."""

    topology_file: Path | None = None
    proxy_api: str | None = None
    health: HealthCheck | None = None
    secrets: tuple[str, ...] = ()  # the environment's, by name
    world_secrets: dict[str, str] = {}  # a name, and the topology's key whose value it is
    others: dict[str, str | tuple[str, ...]] = {}  # by the names of handles' files the address, or all that lead to the same thing
    admin: AdminAccess = AdminAccess()
    tls: dict[str, Tls] = {}  # by the address of the service of which it is said
    pins: dict[str, tuple[str, ...]] = {}  # where the target may be read, as the interlock has let it pass; none: on this machine alone
    toolkit_access: ToolkitAccess = ToolkitAccess()
    operator_file: Path | None = None  # where the operator lists what may be run on other machines

    @classmethod
    def of(cls, target: Target, statics: Mapping[str, object], pins: Pins = NO_PINS) -> Self:
        """The handles of a target file, its placeholders filled. Raises BadInput where nothing is known to fill one with.

        By `pins` it may be read elsewhere than on this machine; to break something they are of no use.
        """
        given = {name: _rendered(texts, statics) for name, texts in target.handles.items()}
        topology, proxy_api = given.get("topology"), given.get("proxy_api")
        return cls(
            topology_file=Path(topology) if isinstance(topology, str) and topology else None,
            proxy_api=proxy_api if isinstance(proxy_api, str) else None,
            health=HealthCheck.of(target.health, statics) if target.health else None,
            secrets=tuple(target.secrets),
            world_secrets=target.world.secrets if target.world else {},
            others={handle_kind(name): address for name, address in given.items() if name not in _BUILT_IN},
            admin=AdminAccess.of(target, statics),
            tls={str(address): tls for address, tls in tls_by_address(target, statics).items()},
            pins={host: tuple(addresses) for host, addresses in pins.items()},
            toolkit_access=ToolkitAccess.of(target, statics),
            operator_file=operator_file() if Ssh.kind() in given else None,
        )

    def handle(self, kind: type[HandleT]) -> HandleT:
        """The handle of that class, at the address that the target's file gives it; of several, the first that answers.

        Raises:
            NoTarget: it gives none.
            OutOfReach: it gives several, and none answers.
        """
        return self._first(kind, kind)  # which is made from its address

    def every(self, kind: type[HandleT]) -> list[HandleT]:
        """Those of that class that answer: what is done to one thing at several places is done at all of them, and taken back at the same.

        Raises as `handle`.
        """
        return self._answering(kind, kind)

    def _first(self, kind: type[HandleT], make: Callable[[str], HandleT]) -> HandleT:
        addresses = self._addresses(kind)
        return make(addresses[0]) if len(addresses) == 1 else self._answering(kind, make, most=1)[0]

    def _answering(self, kind: type[HandleT], make: Callable[[str], HandleT], most: int | None = None) -> list[HandleT]:
        answering: list[HandleT] = []
        silent: list[str] = []
        for address in self._addresses(kind):
            handle = make(address)
            try:
                handle.probe()
            except OutOfReach as error:
                silent.append(str(error))
            else:
                answering.append(handle)
            if most is not None and len(answering) >= most:
                break
        if not answering:
            raise OutOfReach("; ".join(silent))
        return answering

    def _addresses(self, kind: type[Handle]) -> tuple[str, ...]:
        if kind.kind() not in self.others:
            raise NoTarget(f"the target has no handle {kind.kind()!r}")
        given = self.others[kind.kind()]
        return (given,) if isinstance(given, str) else given

    def probe(self, name: str) -> None:
        """Asks the handle of that name something that changes nothing. Raises NoTarget where the target gives none; OutOfReach."""
        if name == "topology":
            self.topology()
        elif name != "toolkit":  # its drivers are asked for each switch
            self._named(name).probe()

    def _named(self, name: str) -> Handle:
        """A handle, told all that it needs."""
        told: dict[str, Callable[[], Handle]] = {
            "proxy_api": self.link_proxy,
            HttpAdmin.kind(): self.http_admin,
            Postgresql.kind(): self.postgresql,
            Ssh.kind(): self.ssh,
        }
        if name in told:
            return told[name]()
        return self.handle(cast("type[Handle]", plugin_class(HANDLE, module(HANDLE, name))))

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

    def http_admin(self) -> HttpAdmin:
        """The target's own admin interface, with the switches that its file maps. Raises NoTarget without a handle."""
        return self._first(HttpAdmin, lambda url: HttpAdmin(url, self.admin, self.secret_values(), self.tls_at(url)))

    def tls_at(self, url: str) -> Tls | None:
        """What the target's file says of TLS at the address to which that leads; None where it says nothing, or it is no address."""
        with suppress(BadInput):
            return self.tls.get(str(parse_address(url)))
        return None

    def postgresql(self) -> Postgresql:
        """The database, by SQL. Raises NoTarget without a handle."""
        return self._first(Postgresql, lambda address: Postgresql(address, self.secret_values()))

    def ssh(self) -> Ssh:
        """Another machine, where what the operator lists may be run. Raises NoTarget without a handle."""
        return self._first(Ssh, lambda address: Ssh(address, self.operator_file))

    def toolkit(self) -> ChaosToolkit:
        """What Chaos Toolkit's drivers reach: they know for themselves where that is."""
        return ChaosToolkit(self.toolkit_access, self.secret_values())

    def secret_values(self) -> dict[str, str]:
        """The declared secrets that are known now, by name: the world's from its topology, so that any process of the user's has them."""
        found = {name: os.environ[name] for name in self.secrets if name in os.environ}
        if self.topology_file and self.world_secrets:
            with suppress(Unreadable):
                facts = read_facts(self.topology_file)
                found |= {name: str(facts[key]) for name, key in self.world_secrets.items() if key in facts}
        return found

    def secret(self, name: str, what_for: str) -> str:
        """A declared secret. Raises NoTarget where it is not known now, so that nobody can do `what_for`."""
        token = self.secret_values().get(name)
        if token is None:
            raise NoTarget(f"the secret {name} is not known, so nobody can {what_for}; declare it in the target's secrets, and set it")
        return token

    def probe_health(self) -> ProbeResult:
        """Whether the target is healthy. One that does not say how to tell is not called so."""
        if self.health is None:
            return ProbeResult(holds=False, evidence="the target has no 'health', so nobody can tell whether it is whole")
        return self.health.probe(self.secret_values(), self.tls_at(self.health.url), self.pins)

    def besides_health(self, seen: ProbeResult) -> ProbeResult:
        """What was seen; where that is well, what the target's own health says, if its file says how to tell."""
        return self.probe_health() if seen.holds and self.health else seen

    def claims(self) -> Claims | None:
        """What the target says of its writers and its lag now; None where it says nothing, or cannot be asked."""
        return self.health.claims(self.secret_values(), self.tls_at(self.health.url), self.pins) if self.health else None

    def places(self) -> frozenset[str]:
        """Where all of them lead, by host and port, or as they are given: two targets that have none in common are two."""
        own = (self.proxy_api or "", self.health.url if self.health else "", str(self.topology_file or ""))
        given = [each for one in (own, *self.others.values()) for each in ((one,) if isinstance(one, str) else one)]
        return frozenset(_host_and_port(each) or each for each in given if each)

    def world_process(self) -> tuple[int, int] | None:
        """Pid and start time of the world's first process, None where there is no world behind this target."""
        try:
            topology = self.topology()
        except (NoTarget, WorldGone):
            return None
        return topology.pid, topology.started


def _host_and_port(address: str) -> str:
    try:
        return urlsplit(address).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _rendered(texts: str | tuple[str, ...], statics: Mapping[str, object]) -> str | tuple[str, ...]:
    if isinstance(texts, str):
        return TextTemplate.of(texts).render(statics)
    return tuple(TextTemplate.of(text).render(statics) for text in texts)


def world_gone(topology: Path) -> bool:
    """Whether the world of that topology has no living supervisor; a file that cannot be read just now proves nothing."""
    try:
        read_topology(topology)
    except WorldGone:
        return True
    except OutOfReach:
        return False
    return False
