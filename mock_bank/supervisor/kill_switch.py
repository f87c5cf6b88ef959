"""Hears from the nodes what happens to the campaigns' kill switches, and tells it as the world's events, at its own times."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import aiohttp

from mock_bank.events import Events
from mock_bank.layout.topology import Node
from mock_bank.supervisor.listening import EVERY_S, asking, unheard

PREFIX: Final = "kill-switch-"


class KillSwitchListener:
    """Asks one node after another, for all of them tell the same; what is new is told once."""

    def __init__(self, nodes: Callable[[], Sequence[Node]], operator_token: str, events: Events) -> None:
        """`nodes` are those that serve now. Goes on after what the events hold already: a predecessor may have told it."""
        self._nodes, self._events = nodes, events
        self._headers = {"X-Operator-Token": operator_token}
        told = [event for event in events.since(0) if str(event["kind"]).startswith(PREFIX)]
        self._heard = max((int(event.get("change") or 0) for event in told), default=0)

    async def run(self) -> None:
        """Until cancelled."""
        async with asking(self._headers) as http:
            while True:
                for node in self._nodes():
                    with unheard():
                        await self._hear(node, http)
                        break
                await asyncio.sleep(EVERY_S)

    async def _hear(self, node: Node, http: aiohttp.ClientSession) -> None:
        async with http.get(f"http://{node.host}:{node.port}/v1/ops/kill-switch?after={self._heard}") as answer:
            changes = (await answer.json())["data"]["changes"]
        for one in changes:
            more = {name: one[name] for name in ("about", "detail", "trip", "at_ms")}
            self._events.add_at(
                one["monotonic_ns"], PREFIX + one["kind"], part=one["node"], campaign=one["campaign_id"], change=one["seq"], **more
            )
            self._heard = one["seq"]
