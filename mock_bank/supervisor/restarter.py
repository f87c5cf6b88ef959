"""Keeps one part of the world running: what dies is told, and started again after a while or when somebody asks."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mock_bank.errors import WorldFaultError
from mock_bank.events import Events
from mock_bank.layout.folders import write_private
from mock_bank.postgres.silence import Silence
from mock_bank.processes.plain_files import read_plain
from mock_bank.processes.spawning import Child, Spawner
from mock_bank.processes.system_user import SystemUser

_AFTER_S = 2.0
_LONGEST_AFTER_S = 30.0
_HEALTHY_AFTER_S = 10.0
_READY_TIMEOUT_S = 30.0
_ASK_EVERY_S = 0.25
_TICK_S = 0.1
_TRY_S, _LONGEST_TRY_S = 0.02, 0.08  # an interpreter needs many of them to start, and each costs a connection
_FROZEN_AFTER_S = 1.5


@dataclass(frozen=True, slots=True)
class Part:
    """What is kept running, and how to talk to it; `settle` raises OSError where there is no answer yet."""

    name: str
    argv: Sequence[str]
    settle: Callable[[], Awaitable[None]]  # makes a started process useful
    ask: Callable[[], Awaitable[object]] | None = None  # None: its silence is somebody else's to notice
    after_s: float = _AFTER_S  # from its death to its next life
    owner: SystemUser | None = None  # as whom it runs; None: as this process


class Hold:
    """Keeps what has died from being started again, for a time that ends by itself; a later supervisor goes on with it."""

    def __init__(self, path: Path) -> None:
        """Nothing is held, unless a predecessor wrote at `path` until when, on this machine's monotonic clock."""
        self._path, self._until_s = path, _read(path)
        self._changed = asyncio.Event()

    def hold(self, seconds: float) -> None:
        """For so long from now on."""
        self._decide(time.monotonic() + seconds)

    def release(self) -> None:
        """No longer."""
        self._decide(0.0)
        self._changed.set()

    def _decide(self, until_s: float) -> None:
        self._until_s = until_s
        with contextlib.suppress(OSError):  # a full disk does not take the decision
            write_private(self._path, json.dumps(until_s))

    async def over(self) -> None:
        """Wait until nothing is held."""
        while (left_s := self._until_s - time.monotonic()) > 0:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), left_s)


class Restarter:
    """One child process and its life."""

    def __init__(
        self,
        part: Part,
        spawner: Spawner,
        events: Events,
        changed: Callable[[], None],
        adopted: Child | None = None,
        hold: Hold | None = None,
    ) -> None:
        """`changed` is called when it came or went; `adopted` is the running process that a predecessor has started."""
        self.name, self._part, self._hold = part.name, part, hold
        self._spawner, self._events, self._changed = spawner, events, changed
        self.child: Child | None = adopted
        self.settled = asyncio.Event()
        self._now = asyncio.Event()
        self._released = False

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self.child is not None and self.child.alive()

    def start_now(self) -> None:
        """Do not wait any longer."""
        self._now.set()

    def release(self) -> Child | None:
        """Its process, which outlives `run` from now on: to be ended by the caller, who cancels `run` at once."""
        self._released = True
        return self.child

    async def run(self) -> None:
        """Keep it running until cancelled, which ends it; one that keeps dying is started ever more seldom, down to every 30 s."""
        after_s = self._part.after_s
        if self.child is None and self._hold:  # one that was lost under the supervisor before is held as well
            await self._hold.over()
        while True:
            began = time.monotonic()
            try:
                await self._live()
            except Exception as error:  # noqa: BLE001 - whatever it is, the part is to run
                self._events.add("trouble", part=self.name, reason=str(error) or repr(error))
            self.settled.clear()
            lived_well = time.monotonic() - began > _HEALTHY_AFTER_S
            after_s = self._part.after_s if lived_well else min(after_s * 1.5, _LONGEST_AFTER_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._now.wait(), after_s)
            self._now.clear()
            if self._hold:
                await self._hold.over()
            self._events.add("part-starting", part=self.name)

    async def _live(self) -> None:
        fresh = self.child is None
        if self.child is None:
            self.child = await self._spawner.start(self.name, self._part.argv, self._part.owner)
        child = self.child
        self._changed()
        gone = asyncio.create_task(child.wait())
        settling, watching = asyncio.create_task(self._settle_in()), asyncio.create_task(self._watch(child))
        try:
            await asyncio.wait({gone, settling}, return_when=asyncio.FIRST_COMPLETED)
            if not gone.done():
                settling.result()
                if fresh:
                    self._events.add("part-started", part=self.name)
                self.settled.set()
            code = await gone
        finally:
            settling.cancel()
            watching.cancel()
            if not self._released:
                child.end_group()
            self.child = None
        self._events.add("part-died", part=self.name, code=code)
        self._changed()

    async def _settle_in(self) -> None:
        deadline, pause_s = time.monotonic() + _READY_TIMEOUT_S, _TRY_S
        while True:
            try:
                await self._part.settle()
            except OSError as error:
                if time.monotonic() > deadline:
                    raise WorldFaultError(f"{self.name} does not answer in {_READY_TIMEOUT_S:g} s: {error}") from error
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 1.2, _LONGEST_TRY_S)
            else:
                return

    async def _watch(self, child: Child) -> None:
        """End it when it has been silent for too long, and do not wait before it is started again."""
        if not self._part.ask:
            return
        silence = Silence()
        await self.settled.wait()
        asking = asyncio.create_task(self._hear(silence))
        try:
            while silence.silent_s < _FROZEN_AFTER_S:
                await asyncio.sleep(_TICK_S)
                silence.tick(time.monotonic())
        finally:
            asking.cancel()
        self._events.add("part-frozen", part=self.name)
        self._now.set()
        child.end_group()

    async def _hear(self, silence: Silence) -> None:
        while self._part.ask:
            with contextlib.suppress(Exception):  # no answer, whatever the client calls it
                await self._part.ask()
                silence.heard()
            await asyncio.sleep(_ASK_EVERY_S)


def _read(path: Path) -> float:
    try:
        return float(json.loads(read_plain(path)))
    except (OSError, ValueError, TypeError):
        return 0.0
