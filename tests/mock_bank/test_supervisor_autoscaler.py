"""The autoscaler asks nodes how full they are, has them limited as it is told, and orders one more or one less."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiohttp import web

from mock_bank.errors import WorldError
from mock_bank.events import Events
from mock_bank.layout.ports import free_ports
from mock_bank.layout.topology import Node
from mock_bank.network.gateway import Gateway
from mock_bank.network.gateways import Gateways
from mock_bank.supervisor.autoscaler import Autoscaler
from mock_bank.supervisor.fleet import Fleet
from mock_bank.supervisor.scaling import ScalingPolicy

POLICY = ScalingPolicy(least=1, most=2, window_s=0.3, calm_s=0.6, cool_down_s=0.3)


class Told:
    """What a node tells: so many places held all the time."""

    def __init__(self) -> None:
        """With room, and nobody there."""
        self.busy, self.limits, self.asked = 0, {"at_once": 10, "queue": 0, "hold_ms": 0.0}, 0
        self._began_s, self._before_s = time.monotonic(), 0.0
        self.refusals = 0  # so often it takes no limits

    def hold(self, places: int) -> None:
        """From now on."""
        now_s = time.monotonic()
        self._before_s += self.busy * (now_s - self._began_s)
        self.busy, self._began_s = places, now_s

    async def load(self, _request: web.Request) -> web.Response:
        """GET."""
        self.asked += 1
        self.hold(self.busy)
        told = {"monotonic_ns": time.monotonic_ns(), "busy": self.busy, "queued": 0, "busy_s": self._before_s, "queued_s": 0.0}
        return web.json_response({"data": told | {"done": 0, "shed": 0} | self.limits})

    async def capacity(self, request: web.Request) -> web.Response:
        """PUT."""
        if self.refusals:
            self.refusals -= 1
            return web.json_response({}, status=503)
        self.limits = {"at_once": 10, "queue": 0, "hold_ms": 0.0} | await request.json()
        return web.json_response({})


@contextlib.asynccontextmanager
async def node(told: Told) -> AsyncIterator[Node]:
    """One that tells that."""
    (port,) = free_ports(1)
    app = web.Application()
    app.router.add_get("/v1/ops/load", told.load)
    app.router.add_put("/v1/ops/capacity", told.capacity)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield Node(f"campaign-{port}", "campaign", "A", "127.0.0.1", port)
    finally:
        await runner.cleanup()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for it."""
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def scaled(folder: Path, told: Told, *, on: bool) -> AsyncIterator[tuple[Autoscaler, Fleet]]:
    """An autoscaler over that node, and a place for another one that is never filled, for nobody carries the orders out."""
    async with node(told) as first:
        events = Events(folder / "events")
        spare = Node("spare", "campaign", "A", "127.0.0.1", 1)
        fleet = Fleet([first], [spare], Gateways([Gateway(folder / "socket", [], lambda _: None)]), events, folder / "fleet")
        autoscaler = Autoscaler(fleet, "token", events, folder / "autoscaler", on=on, policy=POLICY)
        task = asyncio.create_task(autoscaler.run())
        try:
            yield autoscaler, fleet
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def wanted(fleet: Fleet) -> list[bool]:
    """Of each member."""
    return [member.wanted for member in fleet.members]


def test_full_nodes_get_one_more(tmp_path: Path) -> None:
    """Not while they have room; and what it knows is told."""

    async def story() -> None:
        told = Told()
        async with scaled(tmp_path, told, on=True) as (autoscaler, fleet):
            await until(lambda: told.asked > 6)
            assert wanted(fleet) == [True, False]
            told.hold(9)
            await until(lambda: wanted(fleet) == [True, True])
            [first, spare] = autoscaler.state()["nodes"]  # type: ignore[misc]  # it is made for JSON
            assert first["utilisation"] > 0.5
            assert spare == {"name": "spare", "state": "joining"}

    asyncio.run(story())


def test_one_that_is_off_asks_nobody_and_orders_nothing_until_it_is_turned_on(tmp_path: Path) -> None:
    """However full they are, while another one asks and asks. Whoever comes after it goes on as it was told."""
    (tmp_path / "another").mkdir()

    async def story() -> None:
        told, watched = Told(), Told()
        told.hold(10)
        async with scaled(tmp_path, told, on=False) as (autoscaler, fleet), scaled(tmp_path / "another", watched, on=True):
            await until(lambda: watched.asked > 3)
            assert (told.asked, wanted(fleet)) == (0, [True, False])
            autoscaler.turn(on=True, limits={})
            await until(lambda: wanted(fleet) == [True, True])
            assert Autoscaler(fleet, "token", Events(tmp_path / "events"), tmp_path / "autoscaler", on=False).on

    asyncio.run(story())


def test_limits_reach_every_node_that_serves_and_are_taken_back(tmp_path: Path) -> None:
    """Whether it is on or off."""

    async def story() -> None:
        told = Told()
        async with scaled(tmp_path, told, on=False) as (autoscaler, _):
            autoscaler.turn(on=False, limits={"at_once": 3, "hold_ms": 20})
            await until(lambda: told.limits == {"at_once": 3, "queue": 0, "hold_ms": 20})
            autoscaler.turn(on=False, limits={"at_once": 3})
            await until(lambda: told.limits == {"at_once": 3, "queue": 0, "hold_ms": 0.0})
            autoscaler.turn(on=False, limits={})
            await until(lambda: told.limits["at_once"] == 10)

    asyncio.run(story())


@pytest.mark.parametrize("limits", [{"at_once": 0}, {"at_once": 1.5}, {"queue": -1}, {"hold_ms": float("nan")}, {"places": 1}])
def test_limits_that_there_are_not_are_refused(tmp_path: Path, limits: dict[str, float]) -> None:
    """With what is allowed; what it did before it goes on doing."""
    fleet = Fleet([], [], Gateways([Gateway(tmp_path / "socket", [], lambda _: None)]), Events(tmp_path / "events"), tmp_path / "fleet")
    autoscaler = Autoscaler(fleet, "token", Events(tmp_path / "events"), tmp_path / "autoscaler", on=False)
    with pytest.raises(WorldError, match="there are at_once from 1 to 100000"):
        autoscaler.turn(on=True, limits=limits)
    assert not autoscaler.on


def test_a_node_that_does_not_take_its_limits_back_is_told_again(tmp_path: Path) -> None:
    """While it is off, too."""

    async def story() -> None:
        told = Told()
        async with scaled(tmp_path, told, on=False) as (autoscaler, _):
            autoscaler.turn(on=False, limits={"at_once": 3})
            await until(lambda: told.limits["at_once"] == 3)
            told.refusals = 2
            autoscaler.turn(on=False, limits={})
            await until(lambda: told.limits["at_once"] == 10)

    asyncio.run(story())


def test_one_that_waits_for_its_turn_to_join_is_about_to_serve_and_can_be_told_not_to(tmp_path: Path) -> None:
    """Who takes back what an autoscaler has added sees it, and it never comes."""
    one, other = (Node(name, "campaign", "A", "127.0.0.1", 1) for name in ("one", "other"))
    gateways = Gateways([Gateway(tmp_path / "socket", [], lambda _: None)])
    fleet = Fleet([one], [other], gateways, Events(tmp_path / "events"), tmp_path / "fleet")
    fleet.order("other", wanted=True, why="test")
    assert [member.state for member in fleet.members] == ["serving", "joining"]
    fleet.order("other", wanted=False, why="test")
    assert [member.state for member in fleet.members] == ["serving", "out"]


def test_one_that_is_set_back_keeps_nobody_from_being_ordered(tmp_path: Path) -> None:
    """Where another place is empty that one is filled; one of the other centre that is coming is no matter of theirs."""

    async def story() -> None:
        told = Told()
        told.hold(9)
        async with node(told) as first:
            spares = [Node(name, "campaign", centre, "127.0.0.1", 1) for name, centre in (("stuck", "A"), ("spare", "A"), ("far", "B"))]
            events = Events(tmp_path / "events")
            gateways = Gateways([Gateway(tmp_path / "socket", [], lambda _: None)])
            fleet = Fleet([first], spares, gateways, events, tmp_path / "fleet")
            for name in ("stuck", "far"):
                fleet.order(name, wanted=True, why="test")
            fleet.members[1].again_s = time.monotonic() + 60
            autoscaler = Autoscaler(fleet, "token", events, tmp_path / "autoscaler", on=True, policy=POLICY)
            task = asyncio.create_task(autoscaler.run())
            try:
                await until(lambda: wanted(fleet) == [True, True, True, True])
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())
