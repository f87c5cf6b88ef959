"""Takes out a node that lives and does not do its work in time, while another one of its service does.

The gateway's own checks ask whether a node lives. One that is slow, or has lost its way to the database, says that it does, and would go on
getting its share.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp

from mock_bank.events import Events
from mock_bank.layout.topology import Node
from mock_bank.network.gateways import Gateways

_EVERY_S: Final = 0.5
_IN_TIME_S: Final = 0.5
_MISSES: Final = 3
_HITS: Final = 2
_OK: Final = 200


@dataclass(slots=True)
class Record:
    """A node's last answers in a row; a dead node has none."""

    misses: int = 0
    hits: int = 0

    def note(self, *, worked: bool | None) -> None:
        """One more; None where nobody was there to answer."""
        self.hits = self.hits + 1 if worked else 0
        self.misses = self.misses + 1 if worked is False else 0


def outliers(services: Mapping[str, str], records: Mapping[str, Record], out: Container[str]) -> tuple[list[str], list[str]]:
    """Whom to take out, and whom to put back. `services` has the service of each node; `out` are those that are out now.

    Out is who has missed three in a row while another node of the service has done its last two: where all are slow, for the database is,
    nobody is taken out. In again is who has done two.
    """
    well = {name for name in services if records[name].hits >= _HITS}
    late = [name for name in services if records[name].misses >= _MISSES and name not in out]
    take = [name for name in late if any(services[other] == services[name] for other in well)]
    return take, [name for name in services if name in out and name in well]


class OutlierWatch:
    """Asks each node again and again for a piece of work. One that refuses connections is dead, and the gateway knows that better."""

    def __init__(self, nodes: Callable[[], Sequence[Node]], gateways: Gateways, events: Events) -> None:
        """`nodes` are those that serve now. Out are those whom a predecessor of this process has taken out, which the gateways know."""
        self._nodes, self._gateways, self._events = nodes, gateways, events
        self._records: dict[str, Record] = {}

    async def run(self) -> None:
        """Until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_IN_TIME_S)) as http:
            while True:
                began, nodes = time.monotonic(), self._nodes()
                answers = await asyncio.gather(*(_works(node, http) for node in nodes))
                self._records = {node.name: self._records.get(node.name, Record()) for node in nodes}
                for node, worked in zip(nodes, answers, strict=True):
                    self._records[node.name].note(worked=worked)
                with contextlib.suppress(OSError):  # a gateway that does not answer is told next time
                    await self._steer()
                await asyncio.sleep(max(0.0, began + _EVERY_S - time.monotonic()))

    async def _steer(self) -> None:
        everywhere, somewhere = await self._gateways.drained()
        services = {node.name: node.service for node in self._nodes() if node.name in self._records}  # who leaves for good is drained too
        take, _ = outliers(services, self._records, everywhere)
        _, put = outliers(services, self._records, somewhere)
        for name in take:
            await self._gateways.drain(services[name], name, out=True)
            self._events.add("taken-out", part=name, reason=f"no work in {_IN_TIME_S:g} s, {_MISSES} times")
        for name in put:
            await self._gateways.drain(services[name], name, out=False)
            self._events.add("put-back", part=name)


async def _works(node: Node, http: aiohttp.ClientSession) -> bool | None:
    """Whether it does a piece of work in time; None where nobody is there to do it."""
    try:
        async with http.get(f"http://{node.host}:{node.port}/ready") as answer:
            return answer.status == _OK
    except aiohttp.ClientConnectorError:
        return None
    except (aiohttp.ClientError, OSError, TimeoutError):
        return False
