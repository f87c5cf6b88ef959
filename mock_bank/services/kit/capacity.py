"""How much a node does at once: so many operations, a few more that wait for their turn, and nobody else.

An operation may hold its place longer than its work takes. So a node's capacity is what it is declared to be, `at_once` operations
every `hold_ms`, and not what the machine happens to give: two nodes have twice that of one on the same two cores.
"""

import asyncio
import time
from collections import deque
from enum import IntEnum
from typing import Final

from mock_bank.services.kit.config import CapacityLimits
from mock_bank.services.kit.errors import BusyError
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.switches import ALL_ALIKE


class GivesWay(IntEnum):
    """Who is turned away when not all can be served: what can be left out first, money last."""

    FIRST = 0
    NEXT = 1
    LAST = 2


_PLACES: Final = {GivesWay.FIRST: 0.6, GivesWay.NEXT: 1.0, GivesWay.LAST: 1.0}
"""The share of the places that each may take. Who gives way first does not wait for one either."""
_QUEUE: Final = {GivesWay.FIRST: 0.0, GivesWay.NEXT: 1.0, GivesWay.LAST: 1.5}
"""So much of the queue may stand before each that it still joins it."""

TURN_S: Final = 1.0
"""The longest that anybody waits for a turn."""


class Capacity:
    """The places of one node, and how they were used since it started."""

    def __init__(self, node: ServiceNode) -> None:
        """As the node's configuration says, until it is set to something else."""
        self._alike = ALL_ALIKE in node.config.on
        self._take(node.config.capacity)
        self.busy, self.done, self.shed = 0, 0, 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._busy_s, self._queued_s, self._counted_s = 0.0, 0.0, time.monotonic()

    @property
    def queued(self) -> int:
        """How many wait now."""
        return len(self._waiting)

    def used_s(self) -> tuple[float, float]:
        """Seconds of places held, and of operations waiting, until now: of two readings the difference by the time between is the mean."""
        self._count()
        return self._busy_s, self._queued_s

    def set(self, limits: CapacityLimits) -> None:
        """From now on. Nobody who has a place loses it."""
        self._count()
        self._take(limits)
        while self._waiting and self.busy < limits.at_once:
            self.busy += 1
            self._free()

    def _take(self, limits: CapacityLimits) -> None:
        self.limits = limits
        ways = {way: GivesWay.NEXT if self._alike else way for way in GivesWay}
        self._rooms = {
            way: (max(1, int(limits.at_once * _PLACES[as_way])), int(limits.queue * _QUEUE[as_way])) for way, as_way in ways.items()
        }

    async def enter(self, gives_way: GivesWay = GivesWay.NEXT) -> float:
        """Takes a place, or waits for one; what `leave` must be told.

        Raises:
            BusyError: too many are served or wait already for one that gives way so soon, or none is free in time.
        """
        places, queue = self._rooms[gives_way]
        if self.busy >= places:
            await self._turn(queue)  # whoever leaves hands the place over
        else:
            self._count()
            self.busy += 1
        return self._counted_s

    def leave(self, entered_s: float) -> None:
        """Gives the place back, once it was held for as long as an operation holds it at least."""
        self.done += 1
        rest_s = entered_s + self.limits.hold_ms / 1000 - time.monotonic() if self.limits.hold_ms else 0.0
        if rest_s > 0:
            asyncio.get_running_loop().call_later(rest_s, self._free)
        else:
            self._free()

    def _free(self) -> None:
        self._count()
        while self._waiting and self.busy <= self.limits.at_once:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.busy -= 1

    async def _turn(self, room: int) -> None:
        if len(self._waiting) >= room:
            self.shed += 1
            raise BusyError("too many are being served")
        self._count()
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(TURN_S):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._free()
            if isinstance(error, TimeoutError):
                self.shed += 1
                raise BusyError("nobody made room in time") from None
            raise
        finally:
            self._count()
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _count(self) -> None:
        now_s = time.monotonic()
        passed_s, self._counted_s = now_s - self._counted_s, now_s
        self._busy_s += self.busy * passed_s
        self._queued_s += len(self._waiting) * passed_s
