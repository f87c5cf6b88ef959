"""What is held down stays so for its time, whoever supervises."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from mock_bank.events import Events
from mock_bank.processes.identity import PidFile
from mock_bank.processes.spawning import Spawner
from mock_bank.supervisor.restarter import Hold, Part, Restarter

_SOON_S = 30.0
"""Nothing is held for a minute, however slow the machine."""


async def over(hold: Hold) -> float:
    """When something may be started again."""
    async with asyncio.timeout(_SOON_S):
        await hold.over()
    return time.monotonic()


def test_a_later_supervisor_goes_on_with_what_its_predecessor_held(tmp_path: Path) -> None:
    """To the end of that time, counted from the beginning of it; and it can be taken back."""

    async def held() -> None:
        first = Hold(tmp_path / "hold.json")
        await over(first)
        began_s = time.monotonic()
        first.hold(0.5)
        assert await over(Hold(tmp_path / "hold.json")) >= began_s + 0.5
        first.hold(60)
        later = Hold(tmp_path / "hold.json")
        asyncio.get_running_loop().call_later(0.1, later.release)
        await over(later)
        await over(Hold(tmp_path / "hold.json"))

    asyncio.run(held())


@pytest.mark.parametrize("text", ["", "{}", "soon", "null", "\udcff"])
def test_whatever_lies_there_holds_nothing(tmp_path: Path, text: str) -> None:
    """A file that is no time is none."""
    (tmp_path / "hold.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    asyncio.run(over(Hold(tmp_path / "hold.json")))


def test_one_that_was_lost_before_is_not_started_while_it_is_held(tmp_path: Path) -> None:
    """A supervisor that takes over finds no process of it, and leaves it so until the hold is over."""

    async def settle() -> None:
        return

    async def story() -> None:
        Hold(tmp_path / "hold.json").hold(60)
        spawner, hold = Spawner(tmp_path, PidFile(tmp_path / "pids.jsonl"), 0), Hold(tmp_path / "hold.json")
        restarter = Restarter(Part("part", ["sleep", "60"], settle), spawner, Events(tmp_path / "events"), lambda: None, None, hold)
        task = asyncio.create_task(restarter.run())
        await asyncio.sleep(0.2)
        assert not restarter.alive
        hold.release()
        async with asyncio.timeout(_SOON_S):
            await restarter.settled.wait()
        child = restarter.child
        assert child is not None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(_SOON_S):
            await child.wait()

    asyncio.run(story())


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    """Nor is anything else that is no plain file."""
    os.mkfifo(tmp_path / "hold.json")
    asyncio.run(over(Hold(tmp_path / "hold.json")))
