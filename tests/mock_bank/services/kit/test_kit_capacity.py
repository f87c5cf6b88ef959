"""A node serves so many at once, lets a few more wait, and turns the rest away; a place is held for as long as is declared."""

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest

from mock_bank.services.kit.capacity import Capacity, GivesWay
from mock_bank.services.kit.config import CapacityLimits, NodeConfig
from mock_bank.services.kit.errors import BusyError
from mock_bank.services.kit.service_node import ServiceNode


def capacity(*, switches: dict[str, bool] | None = None, **limits: float) -> Capacity:
    """Of a node with these limits, and these defects."""
    told: dict[str, Any] = {"service": "bank", "name": "n", "site": "A", "host": "h", "port": 1, "dsn": "", "secret": "x" * 8}
    config = NodeConfig(
        **told,
        operator_token="x" * 8,
        log_dir=Path(),
        capacity=CapacityLimits.model_validate(limits),
        switches=switches or {},
        for_tests=True,
    )
    return Capacity(ServiceNode(config, None))  # type: ignore[arg-type]  # no handler is called


def drill(story: Coroutine[None, None, None]) -> None:
    """Runs it, with a deadline."""

    async def bounded() -> None:
        async with asyncio.timeout(30):
            await story

    asyncio.run(bounded())


async def waiting(of: Capacity, how_many: int) -> None:
    """Until so many wait."""
    while of.queued != how_many:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0)


def test_who_finds_no_place_waits_for_the_first_that_is_given_back_and_who_finds_no_queue_is_turned_away() -> None:
    """Two places and one who waits: the fourth is shed, the third comes in when the first has left, in its place."""

    async def story() -> None:
        node = capacity(at_once=2, queue=1)
        first, _ = await node.enter(), await node.enter()
        third = asyncio.create_task(node.enter())
        await waiting(node, 1)
        with pytest.raises(BusyError):
            await node.enter()
        node.leave(first)
        await third
        assert (node.busy, node.queued, node.done, node.shed) == (2, 0, 1, 1)

    drill(story())


def test_who_gives_up_waiting_takes_no_place_with_it() -> None:
    """One who is cancelled in the queue, or in the very moment in which a place is handed over, leaves it to others."""

    async def story() -> None:
        node = capacity(at_once=1, queue=2)
        entered = await node.enter()
        gone, handed = asyncio.create_task(node.enter()), asyncio.create_task(node.enter())
        await waiting(node, 2)
        gone.cancel()
        await waiting(node, 1)
        node.leave(entered)
        handed.cancel()
        await asyncio.gather(gone, handed, return_exceptions=True)
        assert (node.busy, node.queued) == (0, 0)

    drill(story())


def test_a_place_is_held_for_as_long_as_is_declared() -> None:
    """Whoever is done at once leaves a place that is free for the next only after that time; so capacity is declared, not found."""

    async def story() -> None:
        node = capacity(at_once=1, queue=1, hold_ms=50)
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        node.leave(await node.enter())
        assert node.busy == 1
        node.leave(await node.enter())
        assert loop.time() - began_s >= 0.049

    drill(story())


def test_limits_can_be_changed_while_it_serves() -> None:
    """More places let in who waits; fewer take nobody's away, and are the rule when enough have left."""

    async def story() -> None:
        node = capacity(at_once=1, queue=5)
        entered = [await node.enter()]
        tasks = [asyncio.create_task(node.enter()) for _ in range(2)]
        await waiting(node, 2)
        node.set(CapacityLimits(at_once=3, queue=5))
        entered += await asyncio.gather(*tasks)
        node.set(CapacityLimits(at_once=1, queue=5))
        assert node.busy == 3
        later = asyncio.create_task(node.enter())
        await waiting(node, 1)
        for one in entered[:2]:
            node.leave(one)
        assert not later.done()
        node.leave(entered[2])
        await later
        assert (node.busy, node.queued) == (1, 0)

    drill(story())


def test_means_come_of_two_readings() -> None:
    """Places held and operations waiting, each integrated over time."""

    async def story() -> None:
        node = capacity(at_once=1, queue=1)
        entered = await node.enter()
        second = asyncio.create_task(node.enter())
        await waiting(node, 1)
        outer_s = time.monotonic()
        (busy, queued), inner_s = node.used_s(), time.monotonic()
        await asyncio.sleep(0.02)
        inner_s, (later_busy, later_queued) = time.monotonic() - inner_s, node.used_s()
        outer_s = time.monotonic() - outer_s
        assert inner_s <= later_busy - busy <= outer_s
        assert inner_s <= later_queued - queued <= outer_s
        node.leave(entered)
        await second

    drill(story())


@pytest.mark.parametrize(
    ("alike", "served"),
    [(False, {"FIRST": 3, "NEXT": 5, "LAST": 5}), (True, {"FIRST": 5, "NEXT": 5, "LAST": 5})],
    ids=["in-order", "alike"],
)
def test_capacity_turns_away_first_what_can_be_left_out(*, alike: bool, served: dict[str, int]) -> None:
    """Of ten who come at once to a node of five places where nobody waits; with the defect all classes are alike."""

    async def story(gives_way: GivesWay) -> int:
        node = capacity(switches={"all_alike": alike}, at_once=5)
        came = await asyncio.gather(*(node.enter(gives_way) for _ in range(10)), return_exceptions=True)
        return sum(not isinstance(one, BusyError) for one in came)

    assert {one.name: asyncio.run(story(one)) for one in GivesWay} == served


def test_capacity_lets_money_wait_where_claims_are_turned_away() -> None:
    """Of ten more at a full node whose queue has four places: claims fill them, money stands half as far again."""

    async def story(gives_way: GivesWay) -> int:
        node = capacity(at_once=1, queue=4)
        await node.enter()
        tasks = [asyncio.create_task(node.enter(gives_way)) for _ in range(10)]
        await asyncio.sleep(0)
        queued = node.queued
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return queued

    assert {one.name: asyncio.run(story(one)) for one in GivesWay} == {"FIRST": 0, "NEXT": 4, "LAST": 6}
