"""The gateways of all centres as one: each is told everything, and one that is gone is not waited for."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from mock_bank.layout.topology import Node
from mock_bank.network.gateway import Gateway, Place

T = TypeVar("T")

_PLACED_S = 10.0
_LOOK_EVERY_S = 0.25


class Gateways:
    """Steers them together. What is asked of them is answered by those that answer; OSError where none does."""

    def __init__(self, gateways: Sequence[Gateway]) -> None:
        """At least one."""
        self._all = tuple(gateways)

    @property
    def dirty(self) -> bool:
        """Whether one may not be as it was ordered."""
        return any(gateway.dirty for gateway in self._all)

    def order(self, primary: str | None, term: int) -> None:
        """As of one gateway, which sees to it whenever it listens. Raises StaleOrder."""
        for gateway in self._all:
            gateway.order(primary, term)

    def place(self, node: Node, place: Place) -> None:
        """As of one gateway."""
        for gateway in self._all:
            gateway.place(node, place)

    async def placed(self) -> None:
        """Wait until those that listen are as they must be, for a silent one not for ever; one that comes back is before it serves.

        Raises:
            TimeoutError: none of them is, in that time.
        """
        until_s = time.monotonic() + _PLACED_S
        while True:
            told = await asyncio.gather(*(gateway.placed() for gateway in self._all))
            late = time.monotonic() > until_s
            if True in told and (late or False not in told):
                return
            if late:
                raise TimeoutError(f"no gateway is as it must be in {_PLACED_S:g} s")
            await asyncio.sleep(_LOOK_EVERY_S)

    async def steer(self) -> None:
        """Have each as it must be, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for gateway in self._all:
                group.create_task(gateway.steer())

    async def drained(self) -> tuple[set[str], set[str]]:
        """The names of the service nodes that are kept out by all, and by some; one that came back has forgotten what it was told."""
        told = await self._from_each(lambda gateway: gateway.drained())
        return set.intersection(*told), set.union(*told)

    async def drain(self, service: str, node: str, *, out: bool) -> None:
        """Send a node no more requests, those under way going on; or send it some again."""
        await self._from_each(lambda gateway: gateway.drain(service, node, out=out))

    async def under_way(self, node: str) -> int:
        """How many requests a service node has, or has waiting for it. OSError where a gateway is silent: it may hold some."""
        told = await asyncio.gather(*(gateway.under_way(node) for gateway in self._all), return_exceptions=True)
        there = [answer for answer in told if not isinstance(answer, (ConnectionRefusedError, FileNotFoundError))]
        for answer in there:
            if isinstance(answer, BaseException):
                raise answer
        if not there:
            raise OSError(f"no gateway is there to tell of {node}")
        return sum(answer for answer in there if isinstance(answer, int))

    async def up(self) -> set[str]:
        """The names of the servers that get traffic now, or would, by every gateway."""
        return set.intersection(*await self._from_each(lambda gateway: gateway.up()))

    async def _from_each(self, ask: Callable[[Gateway], Awaitable[T]]) -> list[T]:
        answers = await asyncio.gather(*(ask(gateway) for gateway in self._all), return_exceptions=True)
        told = [answer for answer in answers if not isinstance(answer, BaseException)]
        if told:
            return told
        raise next(answer for answer in answers if isinstance(answer, BaseException))
