"""A node's background tasks: they live, whatever happens to them."""

import asyncio
from itertools import count
from typing import cast

import pytest

from mock_bank.services.kit import background
from mock_bank.services.kit.background import BackgroundTask, in_rounds, kept_going
from mock_bank.services.kit.errors import BusyError
from mock_bank.services.kit.service_node import ServiceNode

NODE = cast("ServiceNode", None)  # nobody here asks it


def test_rounds_go_on_whatever_one_raises() -> None:
    """The database's errors, and those that nobody thought of, end a round and never the rounds."""
    raised = (BusyError("no connection"), KeyError("score"), RecursionError())
    rounds = count()
    done = asyncio.Event()

    async def once() -> None:
        number = next(rounds)
        if number < len(raised):
            raise raised[number]
        done.set()

    async def main() -> None:
        task = asyncio.create_task(in_rounds(once, 0.001, "tests"))
        await asyncio.wait_for(done.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())


def test_a_task_that_ends_by_an_error_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """And one that comes to its end by itself is over."""
    monkeypatch.setattr(background, "AGAIN_S", 0.001)
    runs = count(1)

    async def run(_node: ServiceNode) -> None:
        if next(runs) < 3:
            raise OverflowError

    asyncio.run(asyncio.wait_for(kept_going(BackgroundTask(run), NODE), 5))
    assert next(runs) == 4
