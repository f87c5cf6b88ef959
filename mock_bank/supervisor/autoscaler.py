"""Asks the nodes of the elastic service how full they are, and has one more or one less serve. While it is off it asks nobody."""

import asyncio
import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

import aiohttp

from mock_bank.errors import WorldError
from mock_bank.events import Events
from mock_bank.layout.folders import write_private
from mock_bank.layout.topology import Node
from mock_bank.processes.plain_files import read_plain
from mock_bank.supervisor.fleet import Fleet
from mock_bank.supervisor.scaling import USUAL, Reading, Scaler, ScalingPolicy

_EVERY_S: Final = 0.25
_TIMEOUT_S: Final = 1.0
_LIMITS: Final = {"at_once": (1, 100_000), "queue": (0, 100_000), "hold_ms": (0, 10_000)}

Limits = dict[str, float]


@dataclass(frozen=True, slots=True)
class Load:
    """What a node told of itself last."""

    at_ns: int
    at_once: int
    busy_s: float
    queued_s: float
    told: Mapping[str, float]

    @classmethod
    def of(cls, told: Mapping[str, float]) -> "Load":
        """From a node's answer. Raises KeyError where it is none."""
        return cls(int(told["monotonic_ns"]), int(told["at_once"]), told["busy_s"], told["queued_s"], told)

    def since(self, before: "Load") -> tuple[float, float] | None:
        """Utilisation and operations waiting in the mean since then; None where it is another process, or was told nothing since."""
        passed_s = (self.at_ns - before.at_ns) / 1e9
        if passed_s <= 0 or self.busy_s < before.busy_s or self.at_once != before.at_once:
            return None
        return (self.busy_s - before.busy_s) / passed_s / self.at_once, (self.queued_s - before.queued_s) / passed_s


@dataclass(slots=True)
class _Centre:
    scaler: Scaler
    serving: list[str] = field(default_factory=list)  # when it was looked at last


class Autoscaler:
    """Off, unless the world is told otherwise at its start or while it runs."""

    def __init__(self, fleet: Fleet, operator_token: str, events: Events, path: Path, *, on: bool, policy: ScalingPolicy = USUAL) -> None:
        """`on` where nothing is written down at `path` by a predecessor."""
        self._fleet, self._events, self._path = fleet, events, path
        self._headers = {"X-Operator-Token": operator_token}
        self.policy = policy
        self.on, self.limits = _read(path, on=on)
        self._turned = asyncio.Event()
        self._loads: dict[str, Load] = {}
        self._means: dict[str, tuple[float, float]] = {}
        self._limited: dict[str, Limits] = {}  # what each node was told last

    def turn(self, *, on: bool, limits: Limits) -> None:
        """On or off from now on, and what each node serves at once; without limits as by default.

        Raises:
            WorldError: there are no such limits.
        """
        for name, value in limits.items():
            least, most = _LIMITS.get(name, (1, 0))
            if not least <= value <= most or (name != "hold_ms" and value % 1):
                allowed = ", ".join(f"{known} from {low} to {high}" for known, (low, high) in _LIMITS.items())
                raise WorldError(f"a node's limit {name} cannot be {value:g}; there are {allowed}")
        changed, self.on, self.limits = on != self.on, on, dict(limits)
        with contextlib.suppress(OSError):  # a full disk does not take the decision
            write_private(self._path, json.dumps({"on": on, "limits": limits}))
        if changed:
            self._events.add("autoscaler", on=on)
        self._turned.set()

    def state(self) -> dict[str, object]:
        """What it does, and how full each node is; of nodes nothing is known while nobody is asked."""
        return {
            "on": self.on,
            "limits": self.limits,
            "least": self.policy.least,  # in each centre, as `most`
            "most": self.policy.most,
            "nodes": [self._node(member.node.name) | {"state": member.state} for member in self._fleet.members],
        }

    def _node(self, name: str) -> dict[str, object]:
        load, means = self._loads.get(name), self._means.get(name)
        told = {key: load.told[key] for key in ("at_once", "busy", "queued", "done", "shed")} if load else {}
        return {"name": name, **told} | ({"utilisation": round(means[0], 4), "waiting": round(means[1], 2)} if means else {})

    async def run(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession(headers=self._headers, timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as http:
            while True:
                self._turned.clear()
                if self.on or self.limits:
                    await self._watch(http)
                else:
                    await self._reset(http)

    async def _watch(self, http: aiohttp.ClientSession) -> None:
        """Until it is turned. Each centre has nodes of its own to share its customers, so each is looked at by itself."""
        began_s = time.monotonic()
        centres = {centre: _Centre(Scaler(self.policy, began_s)) for centre in self._centres()}
        while not self._turned.is_set():
            await self._look(http)
            for name, centre in centres.items():
                self._see(name, centre)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._turned.wait(), _EVERY_S)

    def _centres(self) -> list[str]:
        return sorted({member.node.centre for member in self._fleet.members})

    def _see(self, name: str, centre: "_Centre") -> None:
        """Takes in what its nodes have told, and orders one more or less of them, unless one is coming or going there."""
        now_s, serving = time.monotonic(), [node.name for node in self._fleet.serving() if node.centre == name]
        means = [self._means[node] for node in serving if node in self._means]
        if serving != centre.serving:
            centre.serving = serving
            centre.scaler.changed(now_s)
        elif means:
            utilisation, waiting = (sum(each) / len(means) for each in zip(*means, strict=True))
            centre.scaler.note(Reading(now_s, utilisation, waiting))
        if not self.on or any(member.moving or member.due for member in self._fleet.members if member.node.centre == name):
            return
        if way := centre.scaler.decide(now_s, len(serving)):
            full = f"utilisation {max(mean[0] for mean in means):.2f}" if means else "too few nodes"
            self._order(name, wanted=way == "out", why=f"autoscaler: {full}")
            centre.scaler.changed(now_s)

    def _order(self, centre: str, *, wanted: bool, why: str) -> None:
        """The first that is out, those of every world before the others; or the last that serves. One set back is ordered already."""
        there = [member for member in self._fleet.members if member.node.centre == centre]
        fitting = [member for member in there if wanted not in (member.serves, member.wanted)]
        if fitting:
            self._fleet.order(fitting[0 if wanted else -1].node.name, wanted=wanted, why=why)

    async def _look(self, http: aiohttp.ClientSession) -> None:
        nodes = self._fleet.serving()
        told = await asyncio.gather(*(self._ask(http, node) for node in nodes))
        loads = {node.name: load for node, load in zip(nodes, told, strict=True) if load}
        means = {name: load.since(self._loads[name]) for name, load in loads.items() if name in self._loads}
        self._loads, self._means = loads, {name: mean for name, mean in means.items() if mean}

    async def _ask(self, http: aiohttp.ClientSession, node: Node) -> Load | None:
        """How full it is; a node that does not serve as much at once as it is to is told so first. None where it does not answer."""
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError):
            async with http.get(f"{_ops(node)}/load") as answer:
                load = Load.of((await answer.json())["data"])
            if self._limited.get(node.name) != self.limits or any(load.told[name] != value for name, value in self.limits.items()):
                await self._limit(http, node)
            return load
        return None

    async def _reset(self, http: aiohttp.ClientSession) -> None:
        """Until it is turned. Nodes that were limited are so no more; one that does not take it is told again."""
        self._loads, self._means = {}, {}
        while not self._turned.is_set():
            limited = [node for node in self._fleet.serving() if self._limited.get(node.name) != {}] if self._path.exists() else []
            for node in limited:
                with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                    await self._limit(http, node)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._turned.wait(), _EVERY_S if limited else None)

    async def _limit(self, http: aiohttp.ClientSession, node: Node) -> None:
        limits = self.limits
        async with http.put(f"{_ops(node)}/capacity", json=limits) as answer:
            answer.raise_for_status()
        self._limited[node.name] = limits  # what is not named in them is as by default again


def _ops(node: Node) -> str:
    return f"http://{node.host}:{node.port}/v1/ops"


def _read(path: Path, *, on: bool) -> tuple[bool, Limits]:
    try:
        told = json.loads(read_plain(path))
        return bool(told["on"]), cast("Limits", told["limits"])
    except (OSError, ValueError, KeyError, TypeError):
        return on, {}
