"""Nodes come one at a time; one that does not get warm is set back, and the others have their turn."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from mock_bank.events import Events
from mock_bank.layout.topology import Node
from mock_bank.network.gateways import Gateways
from mock_bank.processes.identity import Identity
from mock_bank.processes.spawning import Child, Spawner
from mock_bank.supervisor import fleet as fleets
from mock_bank.supervisor.fleet import Fleet, Hands
from mock_bank.supervisor.restarter import Part, Restarter


class AtOnce(Gateways):
    """Every order to them is carried out at once."""

    async def placed(self) -> None:
        """It is."""


class Nursery:
    """Starts processes that are warm at once, but for those of one name."""

    def __init__(self, events: Events, never: str) -> None:
        """Nobody is there."""
        self._events, self.never = events, never
        self.kept: dict[str, Restarter] = {}
        self.started: list[str] = []

    def start(self, node: Node) -> Restarter:
        """As the supervisor does, with a process that another one stands for."""
        if node.name not in self.kept:

            async def settle() -> None:
                """Nobody asks."""

            self.kept[node.name] = Restarter(Part(node.name, (), settle), cast("Spawner", None), self._events, lambda: None)
        self.started.append(node.name)
        if node.name != self.never:
            self.kept[node.name].settled.set()
        return self.kept[node.name]

    def release(self, node: Node) -> Child | None:
        """Lets it go."""
        return self.kept.pop(node.name).release()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


def test_a_node_that_does_not_get_warm_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is ended, the other centre's comes, and after a pause it is tried again."""
    monkeypatch.setattr(fleets, "_JOINS_S", 0.2)
    monkeypatch.setattr(fleets, "_AGAIN_AFTER_S", 0.5)
    here, stuck, other = (Node(name, "campaign", centre, "127.0.0.1", 1) for name, centre in (("a", "A"), ("a2", "A"), ("b2", "B")))
    events = Events(tmp_path / "events")

    async def story() -> None:
        fleet, nursery = Fleet([here], [stuck, other], AtOnce([]), events, tmp_path / "fleet"), Nursery(events, "a2")
        process = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
        nursery.start(stuck).child = Child(process, cast("Identity", Identity.of(process.pid)))
        fleet.order("a2", wanted=True, why="test")
        fleet.order("b2", wanted=True, why="test")
        task = asyncio.create_task(fleet.run(Hands(nursery.start, nursery.release)))
        try:
            await until(lambda: [member.state for member in fleet.members] == ["serving", "joining", "serving"])
            assert await process.wait() < 0
            assert not any(member.moving or member.due for member in fleet.members)
            nursery.never = ""
            await until(lambda: len(fleet.serving()) == 3)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert nursery.started == ["a2", "a2", "b2", "a2"]

    asyncio.run(story())
    told = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    [trouble] = [event for event in told if event["kind"] == "trouble"]
    assert (trouble["part"], trouble["reason"]) == ("a2", "not warm in 0.2 s; tried again in 0.5 s")
