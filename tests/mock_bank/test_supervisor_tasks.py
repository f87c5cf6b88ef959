"""Tasks that must not end are told and begun again; an event log that cannot be written ends nothing."""

import asyncio
from pathlib import Path

import pytest

from mock_bank.events import Events
from mock_bank.supervisor.tasks import kept_running


@pytest.mark.parametrize("end", [RuntimeError("unheard of"), KeyError("x"), asyncio.CancelledError(), None])
def test_task_that_ends_is_told_and_begun_again(tmp_path: Path, end: BaseException | None) -> None:
    """Whatever ends it: an exception that nobody knows, a cancellation of something that it waited for, a return."""
    events, begun, enough = Events(tmp_path / "events.jsonl"), [], asyncio.Event()

    async def run() -> None:
        begun.append(end)
        if len(begun) == 3:
            enough.set()
            await asyncio.sleep(60)
        if end is not None:
            raise end

    async def live() -> None:
        task = asyncio.create_task(kept_running("failover", run, events))
        async with asyncio.timeout(20):
            await enough.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(live())
    assert len(begun) == 3
    assert [(e["kind"], e["task"]) for e in events.since(0)] == [("task-died", "failover")] * 2


def test_events_go_on_after_those_of_a_predecessor(tmp_path: Path) -> None:
    """A later supervisor counts on; a line cut off by a crash is passed over."""
    path = tmp_path / "events.jsonl"
    Events(path).add("one")
    with path.open("a") as file:
        file.write('{"seq": 2, "ki')
    later = Events(path)
    later.add("two")
    assert [(e["seq"], e["kind"]) for e in later.since(0)] == [(1, "one"), (2, "two")]


def test_event_that_the_disk_does_not_take_is_kept_in_memory(tmp_path: Path) -> None:
    """A full disk is no reason to end whoever tells."""
    events = Events(tmp_path / "no such folder" / "events.jsonl")
    events.add("told")
    assert [e["kind"] for e in events.since(0)] == ["told"]
