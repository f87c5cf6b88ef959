"""Who leads: detects a dead or frozen primary, fences it, promotes the standby, repoints the gateway, brings the old one back.

The policy, in full:

- A primary whose process has ended, or that has been silent for 1 s, is fenced (SIGKILL of all its processes) before anything else.
- In durability `sync` only a standby that was synchronous at that moment is promoted: any other may lack what was acknowledged, so
  the primary is restarted in place instead. In `async` any standby is promoted: that is what asynchronous means.
- A frozen standby that must lead is restarted first.
- A lost standby makes commits wait, for `patience_s`; then the primary goes on alone: a decision about RPO, and the event `degraded`.
- What was lost comes back after `rejoin_after_s`, or when somebody says so: never as it was, a former primary is rewound first.
"""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass

from mock_bank.errors import WorldError, WorldFaultError
from mock_bank.events import Events
from mock_bank.layout.settings import Settings
from mock_bank.network.gateway import Gateway
from mock_bank.postgres import configuration
from mock_bank.postgres.binaries import Postgres
from mock_bank.postgres.configuration import Login
from mock_bank.postgres.server import Server
from mock_bank.postgres.silence import Confirmation
from mock_bank.processes.spawning import Spawner

_TICK_S = 0.1
_PROMOTE_TIMEOUT_S = 4.0
_STREAM_TIMEOUT_S = 20.0
_LOST_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Tools:
    """What the leader works with."""

    settings: Settings
    binaries: Postgres
    superuser: Login
    spawner: Spawner
    gateway: Gateway
    events: Events
    replication: dict[str, tuple[str, int]]  # by the primary's name: the link through which its standby reaches it
    changed: Callable[[], None]  # called when roles or processes have changed


class Failover:
    """Decides, one step at a time; only one step is ever under way."""

    def __init__(self, tools: Tools, primary: Server, standby: Server) -> None:
        """Both servers are started already, `standby` following `primary`."""
        self._tools = tools
        self.primary, self.standby = primary, standby
        self.synchronous = False  # whether every commit acknowledged now is on both
        self._names_set = False  # whether the primary's configuration tells it to wait for the standby
        self._confirmation = Confirmation()
        self._lost_at: float | None = None
        self._lost_told = False
        self._due_at = self._hold_until = 0.0
        self._released = tools.settings.rejoin == "auto"
        self._rejoin: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    # What others ask.

    def wake(self) -> None:
        """Something happened that the next step should see at once."""
        self._wake.set()

    def hold(self, seconds: float) -> None:
        """Bring nothing back for so long, unless `release` comes first."""
        self._hold_until = time.monotonic() + seconds
        self._tools.events.add("hold", seconds=seconds)

    def release(self) -> None:
        """Bring back now what is lost."""
        self._hold_until = self._due_at = 0.0
        self._released = True
        self._tools.events.add("hold-released")
        self.wake()

    @property
    def following(self) -> bool:
        """Whether the standby follows the primary now."""
        status = self.primary.status
        return bool(self.primary.writer and self.standby.alive and status and status.followed())

    def why_unhealthy(self) -> str | None:
        """Why the databases are not healthy; None when there is one writer and one standby that has all it must have."""
        writers = [db.name for db in (self.primary, self.standby) if db.writer]
        if writers != [self.primary.name]:
            return f"writers: {', '.join(writers) or 'none'}"
        if not self.following:
            held = not self._released or time.monotonic() < self._hold_until
            return f"{self.standby.name} does not follow {self.primary.name}{' and is held back' if held else ''}"
        if self._tools.settings.durability == "sync" and not self.synchronous:
            return f"{self.standby.name} is not synchronous"
        return None

    # The loop.

    async def run(self) -> None:
        """Look and act until cancelled; a step that fails is told and tried again, for giving up would help nobody."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), _TICK_S)
            self._wake.clear()
            try:
                await self._step()
            except (WorldError, OSError) as error:
                self._tools.events.add("trouble", reason=str(error))
                await asyncio.sleep(_TICK_S)

    async def _step(self) -> None:
        now = time.monotonic()
        for database in (self.primary, self.standby):
            if not (database is self.standby and self._rejoin):
                database.observe(now)
        if not self.primary.alive:
            await self._lose_primary("dead")
        elif self.primary.frozen:
            await self._lose_primary("frozen")
        elif self._rejoin and not self._rejoin.done():
            self._mind_patience(now)
        elif self._rejoin:
            await self._finish_rejoin(self._rejoin)
        elif self.following:
            self._found_standby()
        else:
            await self._lose_standby(now)

    # The primary.

    async def _lose_primary(self, cause: str) -> None:
        old, new, tools = self.primary, self.standby, self._tools
        tools.events.add("detected", database=old.name, cause=cause, role="primary")
        ready = new.alive and self._rejoin is None and not new.diverged and (self.synchronous or tools.settings.durability == "async")
        await self._cancel_rejoin()
        tools.events.add("fencing", database=old.name)
        cut = asyncio.create_task(self._close_gateway())
        await old.fence()
        await cut
        if ready:
            await self._promote(old, new)
        else:
            await self._restart_primary(old)
        tools.changed()

    async def _close_gateway(self) -> None:
        with contextlib.suppress(OSError):  # a gateway that is down lets nobody through, and asks where to point when it is back
            await self._tools.gateway.close_database()

    async def _promote(self, old: Server, new: Server) -> None:
        tools = self._tools
        tools.events.add("promoting", database=new.name)
        self._configure(new)
        if new.frozen or not await self._try_promote(new):
            tools.events.add("restarting", database=new.name, reason="it must lead and does not answer")
            new.diverged = True  # until it leads: half promoted, it is nobody's standby any more
            await new.fence()
            await new.start()
            await new.promote(_PROMOTE_TIMEOUT_S)
        old.diverged, new.diverged = True, False
        self.primary, self.standby = new, old
        await self._lead("promoted", f"{old.name} is lost")

    async def _try_promote(self, new: Server) -> bool:
        try:
            await new.promote(1.0)
        except WorldFaultError:
            return False
        return True

    async def _restart_primary(self, old: Server) -> None:
        tools = self._tools
        tools.events.add("restarting", database=old.name, reason="no standby that is sure to have everything")
        self._configure(old)
        await old.start()
        await old.prove_write()
        await self._lead("restarted", f"{old.name} was restarted")

    async def _lead(self, how: str, why_alone: str) -> None:
        """The primary takes writes: let the customers through to it, and wait for its standby."""
        tools = self._tools
        tools.events.add(how, database=self.primary.name)
        self.synchronous = self._names_set = False
        self._confirmation = Confirmation()
        self._lost_at = time.monotonic()
        self._lost_told = True
        self._due_at = self._lost_at + tools.settings.rejoin_after_s
        try:
            await tools.gateway.point(self.primary.name)
        except OSError as error:  # it is told again until it listens
            tools.events.add("trouble", part="gateway", reason=f"it does not take its orders: {error!r}")
        tools.events.add("degraded", database=self.primary.name, reason=why_alone)

    def _configure(self, leader: Server, synchronous: str = "") -> None:
        configuration.write_conf(self._tools.binaries, leader.instance, synchronous=synchronous)

    # The standby.

    def _found_standby(self) -> None:
        """It follows: have commits wait for it, and say so once they do."""
        tools, status = self._tools, self.primary.status
        if self._lost_told:
            self._lost_told = False
            tools.events.add("standby-back", database=self.standby.name)
        self._lost_at = None
        if tools.settings.durability == "async" or status is None or self.synchronous:
            return
        if not self._names_set:
            self._configure(self.primary, synchronous=f'"{self.standby.name}"')
            self.primary.reload()
            self._names_set = True
            self._confirmation = Confirmation()
        elif self._confirmation.look(status):
            self.synchronous = True
            tools.events.add("synchronous", database=self.standby.name)
            tools.changed()

    async def _lose_standby(self, now: float) -> None:
        tools, settings = self._tools, self._tools.settings
        if self._lost_at is None:
            self._lost_at = now
        if not self._lost_told and (not self.standby.alive or now - self._lost_at >= _LOST_AFTER_S):
            self._lost_told = True
            cause = "dead" if not self.standby.alive else "frozen" if self.standby.frozen else "cut off"
            tools.events.add("standby-lost", database=self.standby.name, cause=cause)
            self._due_at = now + settings.rejoin_after_s
        self._mind_patience(now)
        if not self.standby.alive and self._released and now >= max(self._due_at, self._hold_until):
            self._rejoin = asyncio.create_task(self._bring_back(self.standby))
            self._rejoin.add_done_callback(lambda _: self.wake())

    def _mind_patience(self, now: float) -> None:
        patience_s = self._tools.settings.patience_s
        if self.following or not self._names_set or self._lost_at is None or now - self._lost_at < patience_s:
            return
        self.synchronous = self._names_set = False  # before the reload: from here on acknowledged may mean on one only
        self._configure(self.primary)
        self.primary.reload()
        self._tools.events.add("degraded", database=self.primary.name, reason=f"{self.standby.name} was lost for {patience_s:g} s")

    # Coming back.

    async def _bring_back(self, old: Server) -> None:
        tools = self._tools
        tools.events.add("rejoining", database=old.name)
        await old.fence()
        if old.diverged:
            await self._rewind(old)
        try:
            await self._follow(old)
        except WorldFaultError as error:
            tools.events.add("trouble", reason=f"{error}; copying {self.primary.name} instead")
            await old.fence()
            await self._copy(old)
            await self._follow(old)

    async def _rewind(self, old: Server) -> None:
        tools, binaries = self._tools, self._tools.binaries
        self._configure(old)
        await self.primary.checkpoint()
        argv = configuration.rewind_argv(binaries, old.instance, self.primary.instance, tools.superuser)
        try:
            await tools.spawner.run("pg_rewind", argv, binaries.owner)
        except WorldFaultError as error:
            tools.events.add("trouble", reason=f"{error}; copying {self.primary.name} instead")
            await self._copy(old)

    async def _copy(self, old: Server) -> None:
        tools, binaries = self._tools, self._tools.binaries
        await asyncio.to_thread(shutil.rmtree, old.instance.data)
        argv = configuration.basebackup_argv(binaries, old.instance, self.primary.instance, tools.superuser)
        await tools.spawner.run("pg_basebackup", argv, binaries.owner)

    async def _follow(self, old: Server) -> None:
        """Start it as a standby of the primary, through their link, and wait until it follows."""
        tools = self._tools
        host, port = tools.replication[self.primary.name]
        follow = tools.superuser.conninfo(host, port, application_name=old.name, connect_timeout="2")
        configuration.write_conf(tools.binaries, old.instance, follow=follow)
        configuration.mark_standby(tools.binaries, old.instance)
        old.diverged = False
        await self.primary.prove_write()  # what it is to catch up with may lie unwritten in an idle primary for long
        await old.start()
        tools.changed()
        deadline = time.monotonic() + _STREAM_TIMEOUT_S
        while not self.following:
            if time.monotonic() > deadline:
                raise WorldFaultError(f"{old.name} does not follow {self.primary.name} within {_STREAM_TIMEOUT_S:g} s")
            await asyncio.sleep(_TICK_S / 2)

    async def _finish_rejoin(self, done: asyncio.Task[None]) -> None:
        self._rejoin = None
        if error := done.exception():
            self._due_at = time.monotonic() + self._tools.settings.rejoin_after_s
            await self.standby.fence()
            raise WorldFaultError(f"{self.standby.name} could not rejoin: {error}")
        self._released = self._tools.settings.rejoin == "auto"
        self._lost_told = self.synchronous = False
        self._confirmation = Confirmation()
        self._tools.events.add("rejoined", database=self.standby.name)
        self._tools.changed()

    async def _cancel_rejoin(self) -> None:
        if self._rejoin:
            self._rejoin.cancel()
            await asyncio.wait([self._rejoin], timeout=5.0)
            self._rejoin = None
            self.standby.diverged = True  # half rewound: only another rewind, or a copy, makes it whole
            await self.standby.fence()

    async def close(self) -> None:
        """No more steps; what was under way is ended."""
        if self._rejoin:
            self._rejoin.cancel()
            await asyncio.wait([self._rejoin], timeout=5.0)
