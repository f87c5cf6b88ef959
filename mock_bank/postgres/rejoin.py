"""How a lost server becomes a standby again: as it is, rewound, or copied anew. What its data is good for meanwhile is on disk."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from mock_bank.errors import WorldFaultError
from mock_bank.postgres.interfaces import Member, Teller
from mock_bank.postgres.pair import Pair
from mock_bank.postgres.term import Data

_FOLLOW_TIMEOUT_S = 20.0
_LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True)
class Rejoin:
    """The way back of one server, in one term."""

    pair: Pair
    lost: Member
    number: int  # of the term
    events: Teller
    changed: Callable[[], None]  # called when processes have changed

    async def carry_out(self) -> None:
        """Make it a standby that follows. Raises WorldFaultError where it does not, and whatever a step raises."""
        await self.lost.fence()
        await self._make_whole()
        if await self._follow():
            return
        self.events.add("trouble", part=self.lost.name, reason=f"it does not follow {self.pair.term.leader}; copying it instead")
        await self.lost.fence()
        self._note(Data.TORN)
        await self._make_whole()
        if not await self._follow():
            raise WorldFaultError(f"it does not follow {self.pair.term.leader} within {_FOLLOW_TIMEOUT_S:g} s")

    async def _make_whole(self) -> None:
        lost, leader = self.lost, self.pair.term.leader
        if self.pair.term.other is Data.DIVERGED:
            self._note(Data.TORN)
            try:
                await lost.rewind(leader)
                self._note(Data.CLEAN)
            except Exception as error:  # noqa: BLE001 - then it is copied
                self.events.add("trouble", part=lost.name, reason=f"{error or repr(error)}; copying {leader} instead")
        if self.pair.term.other is Data.TORN:
            await lost.copy(leader)
            self._note(Data.CLEAN)

    def _note(self, data: Data) -> None:
        """What its data is good for from now on; a word about another term is refused."""
        if self.pair.term.number != self.number:
            raise WorldFaultError(f"term {self.number} is over")
        self.pair.decide(replace(self.pair.term, other=data))

    async def _follow(self) -> bool:
        """Start it as a standby; whether it follows in time."""
        await self.pair.primary.prove_write()  # what it is to catch up with may lie unwritten in an idle leader for long
        await self.lost.start_following(self.pair.term.leader, self.pair.term)
        self.changed()
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + _FOLLOW_TIMEOUT_S
        while not self.pair.following:
            if loop.time() >= deadline_s or not self.lost.alive:
                return False
            await asyncio.sleep(_LOOK_EVERY_S)
        return True
