"""The supervisor's process: ``python -m mock_bank.supervisor.main WORLD_DIR LIFELINE HEARTBEAT REPORT CAUSE``, started by `init_process`.

LIFELINE is the reading end of a pipe that ends with the world's first process, and so does the world. HEARTBEAT takes a byte now and
then. REPORT takes the progress of the start as JSON lines, the last of which is "ready" or "failed"; it is -1 where a world that is up is
taken over, CAUSE being what its last supervisor died of.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web

from mock_bank.errors import WorldError, WorldFaultError
from mock_bank.layout.folders import Folders, layout
from mock_bank.layout.ports import PortClaim
from mock_bank.layout.record import Record
from mock_bank.layout.settings import Settings
from mock_bank.layout.topology import Addresses, Credentials
from mock_bank.postgres.binaries import database_user
from mock_bank.supervisor.api import application
from mock_bank.supervisor.supervisor import Supervisor

_BEAT_EVERY_S = 0.5


@dataclass(slots=True)
class Progress:
    """Tells whoever brings the world up how it goes; one who has left does not want it any more."""

    descriptor: int  # the writing end of a pipe; -1 where nobody listens

    def _tell(self, **line: str | int) -> None:
        if self.descriptor >= 0:
            os.write(self.descriptor, json.dumps(line).encode() + b"\n")

    def step(self, what: str) -> None:
        """Something is being started. Raises BrokenPipeError where the listener has left."""
        self._tell(progress=what)

    def last(self, **line: str | int) -> None:
        """The result; nothing follows. Raises BrokenPipeError where the listener has left."""
        self._tell(**line)
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


async def live(settings: Settings, folders: Folders, progress: Progress, stop: asyncio.Event, cause: str) -> int:
    """Bring the world up, or take it over, and keep it until `stop`; returns the exit code."""
    building: asyncio.Task[None] | None = None
    runner: web.AppRunner | None = None
    supervisor: Supervisor | None = None
    stopping = asyncio.create_task(stop.wait())
    held = contextlib.ExitStack()
    try:
        known = Record.read(folders.record)
        supervisor = Supervisor(settings, folders, known or _new(held))
        if known and (claim := PortClaim.again(known.addresses.ports)):
            held.enter_context(claim)
        runner = web.AppRunner(application(supervisor), access_log=None)
        building = asyncio.create_task(_take_over(supervisor, runner, cause) if known else _build(supervisor, runner, progress))
        await asyncio.wait({building, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if building.done():
            building.result()
            progress.last(ready=str(folders.topology))
            await stop.wait()
    except (WorldError, OSError) as error:
        code = getattr(error, "exit_code", WorldFaultError.exit_code)
        with contextlib.suppress(BrokenPipeError):
            progress.last(failed=str(error), code=code)
        return int(code)
    finally:
        stopping.cancel()
        if building:
            building.cancel()
            await asyncio.gather(building, return_exceptions=True)
        if runner:
            await runner.cleanup()
        if supervisor:
            await supervisor.close()
        held.close()
    return 0


def _new(held: contextlib.ExitStack) -> Record:
    """Of a world that was never up: its ports are claimed for as long as `held` lasts."""
    return Record(Addresses.claimed(held.enter_context(PortClaim.new())), Credentials.new())


async def _build(supervisor: Supervisor, runner: web.AppRunner, progress: Progress) -> None:
    await supervisor.build(progress.step)
    await _serve(supervisor, runner)
    await supervisor.healthy()


async def _take_over(supervisor: Supervisor, runner: web.AppRunner, cause: str) -> None:
    supervisor.events.add("supervisor-died", reason=cause)
    await supervisor.take_over()
    await _serve(supervisor, runner)
    supervisor.events.add("supervisor-back")


async def _serve(supervisor: Supervisor, runner: web.AppRunner) -> None:
    await runner.setup()
    host, _, port = supervisor.plan.supervisor.rpartition(":")
    await web.TCPSite(runner, host, int(port), shutdown_timeout=0.5).start()


async def _beat(descriptor: int) -> None:
    while True:
        with contextlib.suppress(BlockingIOError):  # nobody has read for long: that is the reader's trouble
            os.write(descriptor, b".")
        await asyncio.sleep(_BEAT_EVERY_S)


async def serve(settings: Settings, folders: Folders, lifeline: int, heartbeat: int, progress: Progress, cause: str) -> int:
    """Live until a signal comes or the world's first process is gone."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)

    def gone() -> None:
        loop.remove_reader(lifeline)
        stop.set()

    loop.add_reader(lifeline, gone)
    os.set_blocking(heartbeat, False)
    beating = asyncio.create_task(_beat(heartbeat))
    try:
        return await live(settings, folders, progress, stop, cause)
    finally:
        beating.cancel()


def main() -> int:
    """The process."""
    world, cause = Path(sys.argv[1]), sys.argv[5]
    lifeline, heartbeat, report = (int(text) for text in sys.argv[2:5])
    os.umask(0o077)  # configurations, logs and events hold secrets of this world
    for descriptor in (lifeline, heartbeat, *([report] if report >= 0 else [])):
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - as above
    folders = layout(world, database_user().uid)
    settings = replace(Settings.load(folders.settings), directory=str(world))
    return asyncio.run(serve(settings, folders, lifeline, heartbeat, Progress(report), cause))


if __name__ == "__main__":
    sys.exit(main())
