"""Keeps one part of the world running: what dies is told, and started again after a while or when somebody asks."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

from mock_bank.errors import WorldFaultError
from mock_bank.events import Events
from mock_bank.processes.spawning import Child, Spawner

Settle = Callable[[], Awaitable[None]]

_AFTER_S = 2.0
_LONGEST_AFTER_S = 30.0
_HEALTHY_AFTER_S = 10.0
_READY_TIMEOUT_S = 30.0


class Restarter:
    """One child process and its life."""

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        spawner: Spawner,
        events: Events,
        *,
        settle: Settle,
        changed: Callable[[], None],
    ) -> None:
        """`settle` makes a started process useful, and raises OSError until it answers; `changed` is called when it came or went."""
        self.name = name
        self._argv, self._spawner, self._events = argv, spawner, events
        self._settle, self._changed = settle, changed
        self.child: Child | None = None
        self.settled = asyncio.Event()
        self._now = asyncio.Event()

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.child is not None and self.child.alive()

    def start_now(self) -> None:
        """Do not wait any longer."""
        self._now.set()

    async def run(self) -> None:
        """Keep it running until cancelled; one that keeps dying is started ever more seldom, down to every 30 s."""
        after_s = _AFTER_S
        while True:
            began = time.monotonic()
            try:
                await self._live()
            except WorldFaultError as error:
                self._events.add("trouble", part=self.name, reason=str(error))
            self.settled.clear()
            after_s = _AFTER_S if time.monotonic() - began > _HEALTHY_AFTER_S else min(after_s * 1.5, _LONGEST_AFTER_S)
            self._now.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._now.wait(), after_s)
            self._events.add("part-starting", part=self.name)

    async def _live(self) -> None:
        child = self.child = await self._spawner.start(self.name, self._argv)
        self._changed()
        gone = asyncio.create_task(child.process.wait())
        settling = asyncio.create_task(self._settle_in())
        try:
            await asyncio.wait({gone, settling}, return_when=asyncio.FIRST_COMPLETED)
            if not gone.done():
                settling.result()
                self._events.add("part-started", part=self.name)
                self.settled.set()
            await gone
        finally:
            settling.cancel()
            child.end_group()
            self.child = None
        self._events.add("part-died", part=self.name, code=child.process.returncode)
        self._changed()

    async def _settle_in(self) -> None:
        deadline = time.monotonic() + _READY_TIMEOUT_S
        while True:
            try:
                await self._settle()
            except OSError as error:
                if time.monotonic() > deadline:
                    raise WorldFaultError(f"{self.name} does not answer in {_READY_TIMEOUT_S:g} s: {error}") from error
                await asyncio.sleep(0.02)
            else:
                return
