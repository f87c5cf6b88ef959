"""One PostgreSQL server as the supervisor sees it: a child process, two sessions, and how long it has been silent."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable

import asyncpg

from mock_bank.errors import WorldFaultError
from mock_bank.layout.topology import Instance
from mock_bank.postgres import configuration
from mock_bank.postgres.binaries import Postgres
from mock_bank.postgres.configuration import MAINTENANCE, Login
from mock_bank.postgres.silence import ServerStatus, Silence
from mock_bank.processes.identity import Identity, end, end_for_good, working_in
from mock_bank.processes.spawning import Child, Spawner

_FROZEN_AFTER_S = 1.0
_LISTENER_EVERY_S = 0.3
_CALL_TIMEOUT_S = 1.0
_CHECKPOINT_TIMEOUT_S = 20.0
_SSL_REQUEST = bytes((0, 0, 0, 8, 4, 210, 22, 47))  # the smallest question that a server answers, with one byte
_STATUS = """
SELECT pg_is_in_recovery() AS recovering, coalesce(r.state = 'streaming', false) AS streaming,
  coalesce(r.sync_state = 'sync', false) AS synchronous, coalesce((r.flush_lsn - '0/0')::int8, 0) AS flushed,
  coalesce(extract(epoch FROM clock_timestamp() - r.reply_time), 1e9)::float8 AS reply_age_s,
  CASE WHEN pg_is_in_recovery() THEN 0 ELSE (pg_current_wal_flush_lsn() - '0/0')::int8 END AS written
FROM (SELECT) one LEFT JOIN pg_stat_replication r ON r.application_name LIKE 'db-_' LIMIT 1
"""
_PROOF = "BEGIN; SET LOCAL synchronous_commit = local; UPDATE stormdrill_proof SET writes = writes + 1; COMMIT"


class Server:
    """Starts, asks and ends one server. Never decides anything."""

    def __init__(self, binaries: Postgres, instance: Instance, login: Login, spawner: Spawner, wake: Callable[[], None]) -> None:
        """`wake` is called when the server's process ends."""
        self.binaries, self.instance, self._login, self._spawner, self._wake = binaries, instance, login, spawner, wake
        self.child: Child | None = None
        self.status: ServerStatus | None = None
        self.diverged = False  # it was the primary and lost the lead: it may hold what its successor never had
        self._silences: dict[str, Silence] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._sessions: dict[str, asyncpg.Connection] = {}
        self._waiter: asyncio.Task[None] | None = None
        self._listener_asked_at = 0.0

    @property
    def name(self) -> str:
        """Its name, `db-a` or `db-b`."""
        return self.instance.name

    @property
    def alive(self) -> bool:
        """Whether its process runs, frozen or not."""
        return self.child is not None and self.child.alive()

    @property
    def frozen(self) -> bool:
        """Whether it runs and has been silent for too long."""
        return self.alive and any(silence.frozen for silence in self._silences.values())

    @property
    def writer(self) -> bool:
        """Whether it runs and takes writes, as far as it last said."""
        return self.alive and self.status is not None and not self.status.recovering

    async def start(self, timeout_s: float = 30.0) -> None:
        """Start the server and wait until it answers queries.

        Raises:
            WorldFaultError: it ended or did not answer in time.
        """
        self._forget()
        self.child = await self._spawner.start(self.name, configuration.server_argv(self.binaries, self.instance), self.binaries.owner)
        self._waiter = asyncio.create_task(self._wait(self.child))
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        while True:
            try:
                self.status = await self._ask()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if not self.alive or loop.time() > deadline:
                    raise WorldFaultError(f"{self.name} does not start: {error}") from error
                await asyncio.sleep(0.02)
            else:
                return

    async def _wait(self, child: Child) -> None:
        await child.process.wait()
        self._wake()

    def _forget(self) -> None:
        for task in self._asking.values():
            task.cancel()
        for session in self._sessions.values():
            session.terminate()
        self._asking, self._sessions, self._silences, self.status = {}, {}, {}, None

    async def session(self, purpose: str) -> asyncpg.Connection:
        """An open superuser's session of this purpose; one user at a time."""
        session = self._sessions.get(purpose)
        if session is None or session.is_closed():
            instance, login = self.instance, self._login
            session = await asyncpg.connect(
                host=instance.host,
                port=instance.port,
                user=login.user,
                password=login.password,
                database=MAINTENANCE,
                timeout=_CALL_TIMEOUT_S,
                ssl=False,
            )
            self._sessions[purpose] = session
        return session

    async def _ask(self) -> ServerStatus:
        session = await self.session("status")
        return ServerStatus(**await session.fetchrow(_STATUS))

    async def _ask_listener(self) -> None:
        """A new connection is answered: the server's first process is awake, not only the ones that serve us."""
        async with asyncio.timeout(30):  # a bound only; silence is judged by the caller
            reader, writer = await asyncio.open_connection(self.instance.host, self.instance.port)
            try:
                writer.write(_SSL_REQUEST)
                await reader.readexactly(1)
            finally:
                writer.close()

    def observe(self, now_s: float) -> None:
        """One look, which never waits: note the answers that came, ask again where nothing is pending, count the silence."""
        if not self.alive:
            return
        for silence in self._silences.values():
            silence.tick(now_s)
        if "session" not in self._asking:
            self._put("session", self._note_status())
        if "listener" not in self._asking and now_s - self._listener_asked_at >= _LISTENER_EVERY_S:
            self._listener_asked_at = now_s
            self._put("listener", self._ask_listener())

    async def _note_status(self) -> None:
        self.status = await self._ask()

    def _put(self, channel: str, question: Awaitable[None]) -> None:
        async def ask(silence: Silence) -> None:
            with contextlib.suppress(OSError, EOFError, asyncpg.PostgresError, asyncpg.InterfaceError):
                try:
                    await question
                except TimeoutError:
                    return
            silence.heard()  # a prompt "no" is an answer, too

        silence = self._silences.setdefault(channel, Silence(_FROZEN_AFTER_S))
        task = self._asking[channel] = asyncio.create_task(ask(silence))
        task.add_done_callback(lambda done: self._asking.pop(channel) if self._asking.get(channel) is done else None)

    async def prove_write(self) -> None:
        """Write a row; returns when the server has committed it, whatever the standby does."""
        session = await self.session("hand")
        await session.execute(_PROOF, timeout=_CALL_TIMEOUT_S)

    async def promote(self, timeout_s: float) -> None:
        """Make this standby the primary and wait until it has taken a real write.

        Raises:
            WorldFaultError: it did not in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                session = await self.session("hand")
                await session.execute("SELECT pg_promote(wait => false)")
                while self.alive:
                    if not await session.fetchval("SELECT pg_is_in_recovery()"):
                        return await self.prove_write()
                    await asyncio.sleep(0.003)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise WorldFaultError(f"{self.name} could not be promoted in {timeout_s:g} s: {error!r}") from error
        raise WorldFaultError(f"{self.name} died while it was promoted")

    async def checkpoint(self) -> None:
        """Have everything on disk, so that a rewind starts near and, in PostgreSQL before 16, knows the new timeline."""
        session = await self.session("hand")
        await session.execute("CHECKPOINT", timeout=_CHECKPOINT_TIMEOUT_S)

    def reload(self) -> None:
        """Have it read its configuration again."""
        if self.child:
            self.child.identity.signal(signal.SIGHUP)

    async def fence(self) -> None:
        """End the server and every process of it for good, stopped ones and orphans of a dead first process too: none can commit any more.

        Raises:
            WorldFaultError: a process survived SIGKILL.
        """
        first = [self.child.identity] if self.child else []
        if not await asyncio.to_thread(_end_all, first, self.instance):
            raise WorldFaultError(f"a process of {self.name} survives SIGKILL")
        self._forget()

    def destroy(self) -> None:
        """End it in haste, its data being thrown away; an immediate shutdown gives back its shared memory."""
        if self.child and self.child.alive():
            left = end([self.child.identity], signal.SIGQUIT, 0.5)
            end_for_good(left)
        end_for_good(working_in(self.instance.data))
        configuration.release_shared_memory(self.instance)
        self._forget()


def _end_all(first: list[Identity], instance: Instance) -> bool:
    """SIGKILL a server's first process, then those that it left; whether none is left."""
    end_for_good(first)
    for _ in range(5):  # one may have been forked while we looked
        orphans = working_in(instance.data)
        if not orphans:
            return True
        end_for_good(orphans)
    return False
