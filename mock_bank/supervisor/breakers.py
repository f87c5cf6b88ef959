"""Hears from the nodes what their circuit breakers do, and tells it as the world's events, at the nodes' own times."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import aiohttp

from mock_bank.events import Events
from mock_bank.layout.topology import Node
from mock_bank.supervisor.listening import EVERY_S, asking, unheard

_KINDS: Final = {"open": "breaker-opened", "half_open": "breaker-half-opened", "closed": "breaker-closed"}


class BreakerListener:
    """Asks each node again and again; one that does not answer is asked later, and what it says is new is told once."""

    def __init__(self, nodes: Sequence[Node], running: Callable[[Node], bool], operator_token: str, events: Events) -> None:
        """Nodes that are not `running` are not asked. Goes on after what the events hold already: a predecessor may have told it."""
        self._nodes, self._running, self._events = nodes, running, events
        self._headers = {"X-Operator-Token": operator_token}
        self._heard_ns = dict.fromkeys((node.name for node in nodes), 0)
        for event in events.since(0):
            if event["kind"] in _KINDS.values() and event.get("part") in self._heard_ns:
                name = str(event["part"])
                self._heard_ns[name] = max(self._heard_ns[name], int(event["monotonic_ns"] or 0))

    async def run(self) -> None:
        """Until cancelled."""
        async with asking(self._headers) as http:
            await asyncio.gather(*(self._follow(node, http) for node in self._nodes))

    async def _follow(self, node: Node, http: aiohttp.ClientSession) -> None:
        while True:
            if self._running(node):
                with unheard():
                    await self._hear(node, http)
            await asyncio.sleep(EVERY_S)

    async def _hear(self, node: Node, http: aiohttp.ClientSession) -> None:
        url = f"http://{node.host}:{node.port}/v1/ops/breakers?since={self._heard_ns[node.name]}"
        async with http.get(url) as answer:
            told = (await answer.json())["data"]["breakers"]
        changes = [(change["monotonic_ns"], breaker["dependency"], change) for breaker in told for change in breaker["changes"]]
        for at_ns, dependency, change in sorted(changes, key=lambda one: (one[0], one[1])):
            self._events.add_at(at_ns, _KINDS[change["new"]], part=node.name, dependency=dependency, probes=change["probes"])
            self._heard_ns[node.name] = at_ns
