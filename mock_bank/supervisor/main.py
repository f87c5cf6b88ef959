"""The daemon that is the parent of the whole world: ``python -m mock_bank.supervisor.main WORLD_DIR REPORT_FD``.

It tells its progress to whoever started it as JSON lines on the file descriptor, the last of which is "ready" or "failed".
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from mock_bank.errors import WorldError
from mock_bank.layout.folders import layout
from mock_bank.layout.settings import Settings
from mock_bank.postgres.binaries import database_owner
from mock_bank.supervisor.api import application
from mock_bank.supervisor.supervisor import Supervisor


class Progress:
    """Tells whoever started the daemon how it goes; a listener that has left is no reason to stop."""

    def __init__(self, descriptor: int) -> None:
        """`descriptor` is the writing end of a pipe."""
        self._descriptor: int | None = descriptor

    def _tell(self, **line: str | int) -> None:
        if self._descriptor is not None:
            with contextlib.suppress(BrokenPipeError):
                os.write(self._descriptor, json.dumps(line).encode() + b"\n")

    def step(self, what: str) -> None:
        """Something is being started."""
        self._tell(progress=what)

    def last(self, **line: str | int) -> None:
        """The result; nothing follows."""
        self._tell(**line)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


async def live(settings: Settings, progress: Progress) -> int:
    """Bring the world up and keep it until SIGTERM; returns the exit code."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    folders = layout(Path(settings.directory), database_owner().uid)
    supervisor = Supervisor(settings, folders)
    runner = web.AppRunner(application(supervisor), access_log=None)
    building = asyncio.create_task(_build(supervisor, runner, progress))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({building, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if building.done():
            building.result()
            progress.last(ready=str(folders.topology))
            await stop.wait()
    except (WorldError, OSError) as error:
        progress.last(failed=str(error), code=getattr(error, "exit_code", 70))
        return getattr(error, "exit_code", 70)
    finally:
        building.cancel()
        await asyncio.gather(building, return_exceptions=True)
        stopping.cancel()
        await runner.cleanup()
        await supervisor.close()
    return 0


async def _build(supervisor: Supervisor, runner: web.AppRunner, progress: Progress) -> None:
    await supervisor.build(progress.step)
    await runner.setup()
    host, _, port = supervisor.plan.supervisor.rpartition(":")
    await web.TCPSite(runner, host, int(port), shutdown_timeout=0.5).start()
    await supervisor.settled()


def main() -> int:
    """The process."""
    world, descriptor = Path(sys.argv[1]), int(sys.argv[2])
    os.umask(0o077)  # configurations, logs and events hold secrets of this world
    os.set_inheritable(descriptor, False)  # noqa: FBT003 - its only argument
    settings = replace(Settings.load(world / "world.json"), directory=str(world))
    return asyncio.run(live(settings, Progress(descriptor)))


if __name__ == "__main__":
    sys.exit(main())
