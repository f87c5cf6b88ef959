"""What is held down stays down, whoever supervises."""

import asyncio
from pathlib import Path

import pytest

from mock_bank.errors import WorldFaultError
from mock_bank.events import Events
from mock_bank.processes.identity import PidFile
from mock_bank.processes.spawning import Spawner
from mock_bank.supervisor.restarter import Hold, Part, Restarter


async def over(hold: Hold, within_s: float) -> bool:
    """Whether nothing is held any more."""
    try:
        async with asyncio.timeout(within_s):
            await hold.over()
    except TimeoutError:
        return False
    return True


def test_whoever_comes_after_keeps_to_it(tmp_path: Path) -> None:
    """For the time that is left, and not once it was released; where nothing was ever held, nothing is."""

    async def story() -> None:
        path = tmp_path / "centres.hold"
        assert await over(Hold(path), 5)
        first = Hold(path)
        first.hold(60)
        second = Hold(path)
        assert not await over(second, 0.05)
        second.release()
        assert await over(second, 5)
        assert await over(Hold(path), 5)
        second.hold(0.2)
        assert await over(Hold(path), 5)

    asyncio.run(story())


def test_what_cannot_be_written_down_is_not_held(tmp_path: Path) -> None:
    """And whoever asked for it is told."""
    hold = Hold(tmp_path / "nowhere" / "centres.hold")
    with pytest.raises(WorldFaultError, match=r"centres\.hold: No such file"):
        hold.hold(60)
    assert asyncio.run(over(hold, 5))


def test_one_that_was_lost_before_is_not_started_while_it_is_held(tmp_path: Path) -> None:
    """A supervisor that takes over finds no process of it, and leaves it so until the hold is over."""

    async def settle() -> None:
        return

    async def story() -> None:
        path = tmp_path / "centres.hold"
        Hold(path).hold(60)
        spawner, hold = Spawner(tmp_path, PidFile(tmp_path / "pids.jsonl"), 0), Hold(path)
        restarter = Restarter(Part("part", ["sleep", "60"], settle), spawner, Events(tmp_path / "events"), lambda: None, None, hold)
        task = asyncio.create_task(restarter.run())
        await asyncio.sleep(0.2)
        assert not restarter.alive
        hold.release()
        async with asyncio.timeout(30):
            await restarter.settled.wait()
        assert restarter.alive
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())
