"""Hears from the suppliers which of their dials are turned, and tells it as the world's events, at the suppliers' own times."""

import asyncio
from typing import Final

import aiohttp

from mock_bank.events import Events
from mock_bank.supervisor.listening import EVERY_S, asking, unheard

KIND: Final = "dial-turned"


class DialListener:
    """Asks again and again; suppliers that do not answer are asked later, and what they say is new is told once."""

    def __init__(self, suppliers: str, control_token: str, events: Events) -> None:
        """`suppliers` is where they are, ``host:port``. Goes on after what the events hold already: a predecessor may have told it."""
        self._suppliers, self._events = suppliers, events
        self._headers = {"Authorization": f"Bearer {control_token}"}
        self._heard_ns = max((int(event["monotonic_ns"] or 0) for event in events.since(0) if event["kind"] == KIND), default=0)

    async def run(self) -> None:
        """Until cancelled."""
        async with asking(self._headers) as http:
            while True:
                with unheard():
                    await self._hear(http)
                await asyncio.sleep(EVERY_S)

    async def _hear(self, http: aiohttp.ClientSession) -> None:
        async with http.get(f"http://{self._suppliers}/dials/changes?since={self._heard_ns}") as answer:
            changes = (await answer.json())["changes"]
        for one in changes:
            self._events.add_at(
                one["monotonic_ns"], KIND, part="suppliers", dependency=one["supplier"], dial=one["dial"], value=one["value"]
            )
            self._heard_ns = one["monotonic_ns"]
