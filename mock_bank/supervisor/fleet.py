"""The nodes of the elastic service: one joins warm, and one that leaves has finished what it was at. One at a time.

One that does not get warm is ended and tried again after a pause, in which the others have their turn.
"""

import asyncio
import contextlib
import json
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mock_bank.errors import WorldError
from mock_bank.events import Events
from mock_bank.layout.folders import write_private
from mock_bank.layout.topology import Node
from mock_bank.network.gateway import Place
from mock_bank.network.gateways import Gateways
from mock_bank.processes.plain_files import read_plain
from mock_bank.processes.spawning import Child
from mock_bank.supervisor.restarter import Restarter

State = Literal["serving", "joining", "draining", "out"]

_JOINS_S = 60.0
_AGAIN_AFTER_S = 60.0
_DRAINS_S = 30.0  # longer than anything that a service answers takes
_ENDS_S = 10.0
_LOOK_EVERY_S = 0.05
_IDLE_LOOKS = 3


@dataclass(slots=True)
class Member:
    """A node, or the place for one."""

    node: Node
    spare: bool  # whether it is not there in a world that nobody has changed
    wanted: bool
    serves: bool
    why: str = "ordered before"
    moving: bool = False
    again_s: float = 0.0  # not tried before then, on this machine's monotonic clock

    @property
    def due(self) -> bool:
        """Whether it is about to come or to go; one that is set back is not."""
        return self.wanted != self.serves and self.again_s <= time.monotonic()

    @property
    def state(self) -> State:
        """What it is doing."""
        if self.moving:
            return "draining" if self.serves else "joining"
        if self.wanted and not self.serves:
            return "joining"  # once it is its turn: whoever orders out what is there must see it
        return "serving" if self.serves else "out"


@dataclass(frozen=True, slots=True)
class Hands:
    """How processes of nodes are started and let go, which is the supervisor's."""

    start: Callable[[Node], Restarter]  # the one that keeps it already, or a new one
    release: Callable[[Node], Child | None]  # it is not kept any more, and still runs


class Fleet:
    """Has those nodes serve that are wanted. What it was at is written down, for a later supervisor goes on with it."""

    def __init__(self, nodes: Sequence[Node], spares: Sequence[Node], gateways: Gateways, events: Events, path: Path) -> None:
        """`path` is where it is written down; of a world that has just begun there is nothing, and all but the spare ones serve."""
        told = _read(path)
        self._members = {
            node.name: Member(node, spare, *told.get(node.name, (not spare, not spare)))
            for spare, some in ((False, nodes), (True, spares))
            for node in some
        }
        self._gateways, self._events, self._path = gateways, events, path
        self._ordered = asyncio.Event()
        for member in self._members.values():
            if not (place := _place(member)).usual:
                gateways.place(member.node, place)

    @property
    def members(self) -> list[Member]:
        """All of them, and the places that are empty."""
        return list(self._members.values())

    def serving(self) -> list[Node]:
        """Those that customers are sent to, and no other."""
        return [member.node for member in self._members.values() if member.state == "serving"]

    def kept(self) -> list[Node]:
        """Those whose process must run when a supervisor begins: they serve, or are about to, or are to be drained."""
        return [member.node for member in self._members.values() if member.serves or member.wanted]

    def order(self, name: str, *, wanted: bool, why: str) -> None:
        """Have it serve, or not, as soon as it is its turn.

        Raises:
            WorldError: nobody would be left.
        """
        member = self._members[name]
        if not wanted and not any(other.wanted for other in self._members.values() if other is not member):
            raise WorldError(f"{name} is the last node of its service")
        if member.wanted != wanted:
            member.wanted, member.why, member.again_s = wanted, why, 0.0
            self._write()
        self._ordered.set()

    async def run(self, hands: Hands) -> None:
        """Until cancelled."""
        while True:
            self._ordered.clear()
            while due := [one for one in self._members.values() if one.due]:
                member = min(due, key=lambda one: one.again_s)  # who has failed before comes after all who have not
                member.moving = True
                try:
                    await (self._join(member, hands) if member.wanted else self._leave(member, hands))
                finally:
                    member.moving = False
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ordered.wait(), self._pause_s())

    def _pause_s(self) -> float | None:
        """Until the next of those that are set back is due; None where there is none."""
        again_s = [one.again_s for one in self._members.values() if one.wanted != one.serves]
        return max(0.0, min(again_s) - time.monotonic()) if again_s else None

    async def _join(self, member: Member, hands: Hands) -> None:
        """It listens once it is warm, and customers come once it listens."""
        try:
            async with asyncio.timeout(_JOINS_S):
                await hands.start(member.node).settled.wait()
        except TimeoutError:
            await self._set_back(member, hands)
            return
        member.serves = True
        self._gateways.place(member.node, _place(member))
        await self._gateways.placed()
        self._told("scaled-out", member)

    async def _set_back(self, member: Member, hands: Hands) -> None:
        """Its process is ended, and what has a better chance goes first."""
        member.again_s = time.monotonic() + _AGAIN_AFTER_S
        reason = f"not warm in {_JOINS_S:g} s; tried again in {_AGAIN_AFTER_S:g} s"
        self._events.add("trouble", part=member.node.name, reason=reason)
        if child := hands.release(member.node):
            await _ended(child)

    async def _leave(self, member: Member, hands: Hands) -> None:
        """Nobody new comes, those who are there are answered, and only then it is told to end."""
        self._events.add("draining", part=member.node.name, reason=member.why)
        self._gateways.place(member.node, Place("drain", usual=False))
        await self._gateways.placed()
        if not await self._drained(member):
            member.wanted = True
            self._gateways.place(member.node, _place(member))
            self._told("kept", member)
            return
        member.serves = False
        self._gateways.place(member.node, _place(member))
        await self._gateways.placed()
        if child := hands.release(member.node):
            await _ended(child)
        self._told("scaled-in", member)

    async def _drained(self, member: Member) -> bool:
        """Whether it has nothing under way any more; not where it is wanted again meanwhile, or takes too long."""
        until, idle = time.monotonic() + _DRAINS_S, 0
        while idle < _IDLE_LOOKS:
            if member.wanted or time.monotonic() > until:
                return False
            await asyncio.sleep(_LOOK_EVERY_S)
            with contextlib.suppress(OSError):  # a gateway that does not answer has not said that nothing is under way
                idle = idle + 1 if await self._gateways.under_way(member.node.name) == 0 else 0
        return True

    def _told(self, kind: str, member: Member) -> None:
        self._write()
        count = sum(other.serves for other in self._members.values())
        self._events.add(kind, part=member.node.name, nodes=count, reason=member.why)

    def _write(self) -> None:
        told = {name: [member.wanted, member.serves] for name, member in self._members.items()}
        with contextlib.suppress(OSError):  # a full disk does not take the decision
            write_private(self._path, json.dumps(told))


def _place(member: Member) -> Place:
    """How the gateway is to have it."""
    return Place("ready" if member.serves else "maint", usual=member.serves != member.spare)


async def _ended(child: Child) -> None:
    """It has nothing under way; one that does not end by itself is killed."""
    child.identity.signal(signal.SIGTERM)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ENDS_S):
                await child.wait()
    finally:
        child.end_group()


def _read(path: Path) -> dict[str, tuple[bool, bool]]:
    try:
        return {str(name): (bool(wanted), bool(serves)) for name, (wanted, serves) in json.loads(read_plain(path)).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
