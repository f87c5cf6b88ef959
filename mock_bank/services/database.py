"""A small pool of PostgreSQL connections for a service that must come back within a blink after a failover.

Of asyncpg's own pool this service would use little and fight much: its reset round trip per use, its warning about listeners
that stay, its waiting without a bound. What matters here is to say truly what may have happened to a transaction.
"""

import asyncio
import random
from collections import deque
from contextlib import suppress
from typing import Any, Final

import asyncpg

POOL_SIZE: Final = 8
TRIES: Final = 3
QUEUE_LIMIT: Final = 256
ACQUIRE_S: Final = 0.5
CONNECT_S: Final = 0.3
COMMAND_S: Final = 3.0
PROBES: Final = 4
SETTINGS: Final = {"jit": "off", "lock_timeout": "1500", "statement_timeout": "2500", "timezone": "UTC"}
ASYNCPG_ERRORS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)

# For another's sake, or by a deadline of the server; a cancelled *commit* is a warning, not one of these.
ROLLED_BACK: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.QueryCanceledError,
)
CUT_OFF: Final = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)


class BusyError(Exception):
    """Definitely not executed: no connection in time, or the server rolled it back for another's sake."""


class UnknownError(Exception):
    """It may have been executed: the connection or the wait for the other centre broke after sending."""


class BrokenError(Exception):
    """Definitely not executed, by a fault of the statement."""


def _never_sent(error: BaseException) -> bool:
    """Whether the client refused before a byte left: the connection had died, or was just told so, while it was idle."""
    if isinstance(error, asyncpg.InternalClientError):
        return str(error).startswith("cannot switch to state")
    return isinstance(error, asyncpg.InterfaceError) and not isinstance(error, asyncpg.DataError)


class Link:
    """One connection and what it has been warned of since the last question."""

    __slots__ = ("connection", "unreplicated")

    def __init__(self, connection: Any) -> None:
        """Listen to the server's notices: one of them says that a commit is not on the standby."""
        self.connection = connection
        self.unreplicated = False
        connection.add_log_listener(self._hear)

    def _hear(self, _connection: Any, message: Any) -> None:
        # "canceling wait for synchronous replication …", "… and canceling wait …": SQLSTATE 01000 or 57P01, so the text decides.
        if "wait for synchronous replication" in message.message:
            self.unreplicated = True


class Pool:
    """At most POOL_SIZE connections to the primary; lends one per statement."""

    def __init__(self, dsn: str, name: str) -> None:
        """Remember where to connect; `start` connects."""
        self._dsn = dsn
        self._name = name
        self._idle: list[Link] = []
        self._waiting: deque[asyncio.Future[Link]] = deque()
        self._links: set[Link] = set()
        self._attempts: set[asyncio.Task[None]] = set()
        self._healthy = False
        self._short = asyncio.Event()
        self._progress = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect, in the background."""
        self._short.set()
        self._keeper = asyncio.get_running_loop().create_task(self._keep_full())

    async def close(self) -> None:
        """Let every connection go, with a deadline."""
        if self._keeper is not None:
            self._keeper.cancel()
        for task in self._attempts:
            task.cancel()
        for link in list(self._links):
            with suppress(Exception):
                await link.connection.close(timeout=0.5)

    async def row(self, statement: str, *arguments: object) -> Any:
        """The first row of one statement that is a transaction of its own; None if there is none."""
        return await self._ask("fetchrow", statement, arguments)

    async def rows(self, statement: str, *arguments: object) -> list[Any]:
        """All rows of one statement that is a transaction of its own."""
        return list(await self._ask("fetch", statement, arguments))

    async def _ask(self, method: str, statement: str, arguments: tuple[object, ...]) -> Any:
        for _ in range(TRIES):
            link = await self._acquire()
            try:
                result = await getattr(link.connection, method)(statement, *arguments, timeout=COMMAND_S)
            except BaseException as error:
                if _never_sent(error):
                    self._distrust(link)
                    continue
                raise self._judge(link, error) from error
            finally:
                unreplicated = link.unreplicated
                self._release(link)
            if unreplicated:
                raise UnknownError("the wait for the other centre was cancelled")
            return result
        raise BusyError("connections die as they are used")

    async def _acquire(self) -> Link:
        while self._idle:
            link = self._idle.pop()
            if not link.connection.is_closed():
                link.unreplicated = False
                return link
        if len(self._waiting) >= QUEUE_LIMIT:
            raise BusyError("too many wait for a connection")
        future: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(ACQUIRE_S):
                link = await future
        except TimeoutError:
            if future.done() and not future.cancelled():
                self._release(future.result())
            raise BusyError("no connection in time") from None
        if link.connection.is_closed():
            raise BusyError("the connection closed while it was handed over")
        return link

    def _release(self, link: Link) -> None:
        if link.connection.is_closed():
            return
        link.unreplicated = False
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(link)
                return
        self._idle.append(link)

    def _judge(self, link: Link, error: BaseException) -> BaseException:
        """What an error says about the transaction; a connection that can't be trusted is let go."""
        if isinstance(error, ROLLED_BACK):
            return BusyError(str(error))
        if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
            self._distrust(link)  # the roles have changed under the connection
            return BusyError(str(error))
        if isinstance(error, (asyncpg.PostgresError, asyncpg.DataError)) and not isinstance(error, CUT_OFF):
            return BrokenError(str(error))
        # Subtleness ahead: asyncpg would answer a timeout with a cancel. A cancel during the wait for the standby makes the commit
        # visible here though a failover may still lose it, so it is better dropped with the connection: the transaction ends when
        # its wait ends, and until then a repeat of its key is told IDEMPOTENCY_IN_PROGRESS. Should some other cancel get through,
        # every later "yes" that builds on it waits for the standby itself (see replay() in idempotency.sql).
        self._distrust(link)
        if isinstance(error, ASYNCPG_ERRORS):
            return UnknownError(f"{type(error).__name__}: {error}")
        return error

    def _distrust(self, link: Link) -> None:
        """End a connection, and the idle ones with it: what broke one way to the database has likely broken all."""
        for other in (link, *self._idle):
            other.connection.terminate()
        self._idle.clear()

    def _lost(self, link: Link) -> None:
        self._links.discard(link)
        with suppress(ValueError):
            self._idle.remove(link)
        self._short.set()
        self._progress.set()

    async def _keep_full(self) -> None:
        """Reconnect for ever: all at once while it works, one probe after another while it does not."""
        while True:
            await self._short.wait()
            missing = POOL_SIZE - len(self._links) - len(self._attempts)
            for _ in range(min(missing, PROBES - len(self._attempts), PROBES if self._healthy else 1)):
                task = asyncio.get_running_loop().create_task(self._attempt())
                self._attempts.add(task)
                task.add_done_callback(self._attempts.discard)
            if len(self._links) == POOL_SIZE:
                self._short.clear()
                continue
            self._progress.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(0.03, 0.07)):  # noqa: S311 - jitter, so that nodes do not knock together
                    await self._progress.wait()

    async def _attempt(self) -> None:
        try:
            connection = await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_S,
                command_timeout=COMMAND_S,
                max_cached_statement_lifetime=0,
                target_session_attrs="primary",
                server_settings=SETTINGS | {"application_name": self._name},
            )
        except ASYNCPG_ERRORS:
            self._healthy = False
            return
        link = Link(connection)
        connection.add_termination_listener(lambda _connection: self._lost(link))
        self._healthy = True
        self._links.add(link)
        self._release(link)
        self._progress.set()
