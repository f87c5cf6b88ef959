"""One PostgreSQL server as the supervisor sees it: a process, two sessions, and how long it has been silent."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from mock_bank.errors import WorldFaultError
from mock_bank.layout.topology import Instance
from mock_bank.postgres import configuration
from mock_bank.postgres.binaries import Postgres
from mock_bank.postgres.configuration import Login
from mock_bank.postgres.silence import ServerStatus, Silence
from mock_bank.postgres.term import Term, guarded
from mock_bank.processes.identity import Identity, end, end_for_good, working_in
from mock_bank.processes.spawning import Child, Spawner

_FROZEN_AFTER_S = 1.0
_LISTENER_EVERY_S = 0.3
_CALL_TIMEOUT_S = 1.0
_START_TIMEOUT_S = 30.0
_SETTLE_TIMEOUT_S, _RETIRE_TIMEOUT_S = 5.0, 2.0
_CHECKPOINT_TIMEOUT_S = 20.0
_SSL_REQUEST = bytes((0, 0, 0, 8, 4, 210, 22, 47))  # the smallest question that a server answers, with one byte
_STATUS = """
SELECT pg_is_in_recovery() AS recovering, coalesce(r.state = 'streaming', false) AS streaming,
  coalesce(r.sync_state = 'sync', false) AS synchronous, coalesce((r.flush_lsn - '0/0')::int8, 0) AS flushed,
  coalesce(extract(epoch FROM clock_timestamp() - r.reply_time), 1e9)::float8 AS reply_age_s,
  CASE WHEN pg_is_in_recovery() THEN 0 ELSE (pg_current_wal_flush_lsn() - '0/0')::int8 END AS written,
  CASE WHEN r.state = 'streaming' THEN coalesce(extract(epoch FROM r.replay_lag) * 1000, 0)::float8 END AS lag_ms
FROM (SELECT) one LEFT JOIN pg_stat_replication r ON r.application_name LIKE 'db-_' LIMIT 1
"""
_PROOF = "BEGIN; SET LOCAL synchronous_commit = local; UPDATE stormdrill_proof SET writes = writes + 1; COMMIT"


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the two servers share."""

    binaries: Postgres
    superuser: Login
    spawner: Spawner
    term_file: Path
    replication: Mapping[str, tuple[str, int]]  # by the leader's name: the link through which its standby reaches it


class Server:
    """Starts, asks and ends one server. Never decides anything."""

    def __init__(self, cluster: Cluster, instance: Instance, others: Mapping[str, Instance], wake: Callable[[], None]) -> None:
        """`others` are the instances by name; `wake` is called when the server's process ends."""
        self.cluster, self.instance, self._others, self._wake = cluster, instance, others, wake
        self.silence_limit_s = _FROZEN_AFTER_S
        self.child: Child | None = None
        self.status: ServerStatus | None = None
        self._silences: dict[str, Silence] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}
        self._sessions: dict[str, asyncpg.Connection] = {}
        self._waiter: asyncio.Task[None] | None = None
        self._listener_asked_at = 0.0
        self._leaving = False

    @property
    def name(self) -> str:
        """Its name, `db-a` or `db-b`."""
        return self.instance.name

    @property
    def alive(self) -> bool:
        """Whether its process runs, frozen or not, and has not been told to shut down: one that has lets nobody in, for ever maybe."""
        return self.child is not None and self.child.alive() and not self._leaving

    @property
    def frozen(self) -> bool:
        """Whether it runs and has been silent for too long."""
        return self.alive and any(silence.silent_s >= self.silence_limit_s for silence in self._silences.values())

    @property
    def writer(self) -> bool:
        """Whether it runs and takes writes, as far as it last said."""
        return self.alive and self.status is not None and not self.status.recovering

    def adopt(self, child: Child) -> None:
        """Take over the running server that a predecessor of this process has started."""
        self.child = child
        self._waiter = asyncio.create_task(self._wait(child))

    def find_process(self) -> bool:
        """Take over whichever server holds its data folder, which somebody else starts and ends; whether that is another one now."""
        found, known = configuration.running(self.instance.data), self.child.identity if self.child else None
        if found == known:
            return False
        self._forget()
        if found:
            self.adopt(Child(None, found))
        else:
            self.child = None
        return True

    async def start_leading(self, term: Term) -> None:
        """Start it as what its data makes it, in this term; returns before it answers. Raises WorldFaultError."""
        self._configure()
        await self._start(term, standby=False)

    async def start_following(self, leader: str, term: Term) -> None:
        """Start it as a standby of that leader, through their link; returns before it answers. Raises WorldFaultError."""
        host, port = self.cluster.replication[leader]
        conninfo = configuration.conninfo(self.cluster.superuser, host, port, self._passfile, application_name=self.name)
        configuration.write_conf(self.cluster.binaries, self.instance, follow=conninfo)
        configuration.mark_standby(self.cluster.binaries, self.instance)
        await self._start(term, standby=True)

    async def _start(self, term: Term, *, standby: bool) -> None:
        self._forget()
        data, binaries = self.instance.data, self.cluster.binaries
        command = configuration.server_argv(binaries, self.instance)
        argv = guarded(command, self.cluster.term_file, term, standby=data if standby else None)
        self.adopt(await self.cluster.spawner.start(self.name, argv, binaries.user))

    async def first_words(self, initial: Login, statements: Sequence[str]) -> None:
        """Say these to a server that is just starting, as the user that its cluster was made with. Raises WorldFaultError."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _START_TIMEOUT_S
        while True:
            try:
                session = await _connect(self.instance, initial, _CALL_TIMEOUT_S)
                break
            except Exception as error:
                if not self.alive or loop.time() > deadline:
                    raise WorldFaultError(f"{self.name} does not start: {error}") from error
                await asyncio.sleep(0.02)
        try:
            for statement in statements:
                await session.execute(statement)
        except asyncpg.PostgresError as error:
            raise WorldFaultError(f"{self.name} refuses its first words: {error}") from error
        finally:
            session.terminate()

    async def _wait(self, child: Child) -> None:
        await child.wait()
        self._wake()

    def _forget(self) -> None:
        for task in self._asking.values():
            task.cancel()
        for session in self._sessions.values():
            session.terminate()
        self._asking, self._sessions, self._silences, self.status, self._leaving = {}, {}, {}, None, False

    async def session(self, purpose: str) -> asyncpg.Connection:
        """An open superuser's session of this purpose; one user at a time."""
        session = self._sessions.get(purpose)
        if session is None or session.is_closed():
            session = await _connect(self.instance, self.cluster.superuser, _CALL_TIMEOUT_S)
            self._sessions[purpose] = session
        return session

    @contextlib.asynccontextmanager
    async def _by_hand(self) -> AsyncIterator[asyncpg.Connection]:
        """The session for orders, within a second; one that was left in mid-sentence is not used again."""
        try:
            async with asyncio.timeout(_CALL_TIMEOUT_S):
                yield await self.session("hand")
        except BaseException:
            if session := self._sessions.pop("hand", None):
                session.terminate()
            raise

    async def _ask(self, session: asyncpg.Connection) -> ServerStatus:
        return ServerStatus(**await session.fetchrow(_STATUS))

    async def recovering(self) -> bool:
        """Ask it now whether it is a standby; raises whatever the driver does."""
        async with self._by_hand() as session:
            self.status = status = await self._ask(session)
        return status.recovering

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
        if self.child is None or not self.child.alive():
            return
        self._leaving = configuration.shuts_down(self.instance.data, self.child.identity.pid)
        if self._leaving:
            self._wake()
            return
        for silence in self._silences.values():
            silence.tick(now_s)
        if "session" not in self._asking:
            self._put("session", self._note_status())
        if "listener" not in self._asking and now_s - self._listener_asked_at >= _LISTENER_EVERY_S:
            self._listener_asked_at = now_s
            self._put("listener", self._ask_listener())

    async def _note_status(self) -> None:
        self.status = await self._ask(await self.session("status"))

    def _put(self, channel: str, question: Awaitable[None]) -> None:
        async def ask(silence: Silence) -> None:
            with contextlib.suppress(Exception):  # the driver raises more kinds than it documents when a server dies in mid-sentence
                try:
                    await question
                except TimeoutError:
                    return
            silence.heard()  # a prompt "no" is an answer, too

        silence = self._silences.setdefault(channel, Silence())
        task = self._asking[channel] = asyncio.create_task(ask(silence))
        task.add_done_callback(lambda done: self._asking.pop(channel) if self._asking.get(channel) is done else None)

    async def prove_write(self) -> None:
        """Write a row; returns when the server has committed it, whatever the standby does."""
        async with self._by_hand() as session:
            await session.execute(_PROOF)

    async def promote(self) -> None:
        """Tell this standby to become the primary; returns before it is. Raises whatever the driver does."""
        async with self._by_hand() as session:
            await session.execute("SELECT pg_promote(wait => false)")

    def wait_for(self, standby: str) -> None:
        """Have its commits wait for this standby, for nobody where it is empty."""
        self._configure(synchronous=f'"{standby}"' if standby else "")
        if self.child:
            self.child.identity.signal(signal.SIGHUP)

    def _configure(self, synchronous: str = "") -> None:
        configuration.write_conf(self.cluster.binaries, self.instance, synchronous=synchronous)

    # What others say of it while it is stopped.

    @property
    def _passfile(self) -> Path:
        return self.instance.data.with_name(configuration.PASSFILE)

    async def rewind(self, leader: str) -> None:
        """Take back what that leader never had. Raises WorldFaultError: then the data is of no use any more."""
        self._configure()
        binaries, source = self.cluster.binaries, self._others[leader]
        await self._checkpoint(source)
        argv = configuration.rewind_argv(binaries, self.instance, source, self.cluster.superuser, self._passfile)
        await self.cluster.spawner.run("pg_rewind", argv, binaries.user)

    async def _checkpoint(self, source: Instance) -> None:
        """Have everything on disk there, so that a rewind starts near and, in PostgreSQL before 16, knows the new timeline."""
        session = await _connect(source, self.cluster.superuser, _CALL_TIMEOUT_S)
        try:
            await session.execute("CHECKPOINT", timeout=_CHECKPOINT_TIMEOUT_S)
        finally:
            session.terminate()

    async def copy(self, leader: str) -> None:
        """Throw its data away and copy that leader's. Raises WorldFaultError."""
        data, binaries, source = self.instance.data, self.cluster.binaries, self._others[leader]
        await self.cluster.spawner.run("rm", ["rm", "-rf", "--", str(data)])  # a process, for a thread could not be stopped in the middle
        argv = configuration.basebackup_argv(binaries, self.instance, source, self.cluster.superuser, self._passfile)
        await self.cluster.spawner.run("pg_basebackup", argv, binaries.user)

    # Its end.

    async def checkpoint(self) -> None:
        """Have everything on disk. Raises whatever the driver does, TimeoutError where that takes more than five seconds."""
        async with asyncio.timeout(_SETTLE_TIMEOUT_S):
            await self._checkpoint(self.instance)

    async def retire(self) -> None:
        """Tell it to shut down, which cuts customers off and gives the standby all that it wrote; wait two seconds for that."""
        if self.child:
            await asyncio.to_thread(end, [self.child.identity], signal.SIGINT, _RETIRE_TIMEOUT_S)

    async def fence(self) -> None:
        """End the server and every process of it for good, stopped ones and orphans of a dead first process too: none can commit any more.

        Raises:
            WorldFaultError: a process survived SIGKILL.
        """
        first = [self.child.identity] if self.child else []
        ending = asyncio.create_task(asyncio.to_thread(_end_all, first, self.instance))
        try:
            ended = await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending  # a thread goes on whoever stops waiting, and must not meet the next start
            raise
        if not ended:
            raise WorldFaultError(f"a process of {self.name} survives SIGKILL")
        self._forget()

    def destroy(self) -> None:
        """End it in haste, its data being thrown away; an immediate shutdown gives back its shared memory."""
        if self.child and self.child.alive():
            left = end([self.child.identity], signal.SIGQUIT, 0.5)
            end_for_good(left)
        end_for_good(working_in(self.instance.data))
        configuration.release_shared_memory(self.instance.data)
        self._forget()


async def _connect(instance: Instance, login: Login, timeout_s: float) -> asyncpg.Connection:
    """A session on the maintenance database; raises whatever the driver does."""
    return await asyncpg.connect(
        host=instance.host,
        port=instance.port,
        user=login.user,
        password=login.password,
        database=configuration.MAINTENANCE,
        timeout=timeout_s,
        ssl=False,
    )


def _end_all(first: list[Identity], instance: Instance) -> bool:
    """SIGKILL a server's first process, then those that it left; whether none is left."""
    end_for_good(first)
    for _ in range(5):  # one may have been forked while we looked
        orphans = working_in(instance.data)
        if not orphans:
            return True
        end_for_good(orphans)
    return False
