"""A small pool of PostgreSQL connections for a service that must come back within a blink after a failover.

Of asyncpg's own pool this service would use little and fight much: its reset round trip per use, its warning about listeners
that stay, its waiting without a bound. What matters here is to say truly what may have happened to a transaction.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final, Self

import asyncpg

from mock_bank.services.kit.errors import BrokenError, BusyError, UnknownError
from mock_bank.services.kit.service_node import Database

POOL_SIZE: Final = 8
TRIES: Final = 3
QUEUE_LIMIT: Final = 256
ACQUIRE_S: Final = 0.5
CONNECT_S: Final = 0.3
COMMAND_S: Final = 3.0
PROBES: Final = 4
REST_S: Final = 0.05
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


log = logging.getLogger("mock_bank")


def _never_sent(error: BaseException) -> bool:
    """Whether the client refused before a byte left: the connection had died, or was just told so, while it was idle."""
    if isinstance(error, asyncpg.InternalClientError):
        return str(error).startswith("cannot switch to state")
    return isinstance(error, asyncpg.InterfaceError) and not isinstance(error, asyncpg.DataError)


class Connection:
    """One connection, what it has been warned of since the last question, and whether it is warm."""

    __slots__ = ("connection", "unreplicated", "warm")

    def __init__(self, connection: Any) -> None:
        """Listen to the server's notices: one of them says that a commit is not on the standby."""
        self.connection = connection
        self.unreplicated = False
        self.warm = False
        connection.add_log_listener(self._on_notice)

    def _on_notice(self, _connection: Any, message: Any) -> None:
        # "canceling wait for synchronous replication …", "… and canceling wait …": SQLSTATE 01000 or 57P01, so the text decides.
        if "wait for synchronous replication" in message.message:
            self.unreplicated = True


class Transaction:
    """One connection's transaction that is rolled back, whatever happens in it; one statement at a time."""

    def __init__(self, connection: Any) -> None:
        """Begun by `async with`."""
        self._connection = connection
        self._transaction = connection.transaction()
        self._turn = asyncio.Lock()  # what is asked in passing (a snapshot) waits for its turn; elsewhere it has another connection

    async def __aenter__(self) -> Self:
        """Begin."""
        await self._transaction.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Roll back."""
        await self._transaction.rollback()

    async def row(self, statement: str, *arguments: object) -> Any:
        """The first row of one statement; None if there is none."""
        async with self._turn:
            return await self._connection.fetchrow(statement, *arguments, timeout=COMMAND_S)

    async def rows(self, statement: str, *arguments: object) -> list[Any]:
        """All rows of one statement."""
        async with self._turn:
            return list(await self._connection.fetch(statement, *arguments, timeout=COMMAND_S))


class ConnectionPool:
    """At most POOL_SIZE connections to the primary; lends one per statement."""

    def __init__(self, dsn: str, settings: Mapping[str, str]) -> None:
        """Remember where to connect, with which settings of the server's; `start` connects."""
        self._dsn = dsn
        self._settings = SETTINGS | dict(settings)
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[Connection]] = deque()
        self._connections: set[Connection] = set()
        self._attempts: set[asyncio.Task[None]] = set()
        self._healthy = False
        self._short = asyncio.Event()
        self._cold = asyncio.Event()
        self._progress = asyncio.Event()
        self._all_warm = asyncio.Event()
        self._been_warm = False
        self._keepers: list[asyncio.Task[None]] = []

    def start(self, warm_up: Callable[[Database], Awaitable[None]]) -> None:
        """Begin to connect, in the background."""
        self._short.set()
        loop = asyncio.get_running_loop()
        self._keepers = [loop.create_task(self._keep_full()), loop.create_task(self._keep_warm(warm_up))]

    async def warmed(self, limit_s: float) -> bool:
        """Whether all connections are there and warm, waiting no longer than that."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_warm.wait(), limit_s)
        return self._all_warm.is_set()

    async def close(self) -> None:
        """Let every connection go, with a deadline."""
        for task in (*self._keepers, *self._attempts):
            task.cancel()
        for lent in list(self._connections):
            with suppress(Exception):
                await lent.connection.close(timeout=0.5)

    async def row(self, statement: str, *arguments: object) -> Any:
        """The first row of one statement that is a transaction of its own; None if there is none."""
        return await self._ask("fetchrow", statement, arguments)

    async def rows(self, statement: str, *arguments: object) -> list[Any]:
        """All rows of one statement that is a transaction of its own."""
        return list(await self._ask("fetch", statement, arguments))

    async def _ask(self, method: str, statement: str, arguments: tuple[object, ...]) -> Any:
        for _ in range(TRIES):
            lent = await self._acquire()
            try:
                result = await getattr(lent.connection, method)(statement, *arguments, timeout=COMMAND_S)
            except BaseException as error:
                if _never_sent(error):
                    self._distrust(lent)
                    continue
                raise self._judge(lent, error) from error
            finally:
                unreplicated = lent.unreplicated
                self._release(lent)
            if unreplicated:
                raise UnknownError("the wait for the other centre was cancelled")
            return result
        raise BusyError("connections die as they are used")

    async def _acquire(self) -> Connection:
        while self._idle:
            lent = self._idle.pop()
            if not lent.connection.is_closed():
                lent.unreplicated = False
                return lent
        if len(self._waiting) >= QUEUE_LIMIT:
            raise BusyError("too many wait for a connection")
        future: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(ACQUIRE_S):
                lent = await future
        except TimeoutError:
            if future.done() and not future.cancelled():
                self._release(future.result())
            raise BusyError("no connection in time") from None
        if lent.connection.is_closed():
            raise BusyError("the connection closed while it was handed over")
        return lent

    def _release(self, lent: Connection) -> None:
        if lent.connection.is_closed():
            return
        lent.unreplicated = False
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(lent)
                return
        self._idle.append(lent)
        if not self._all_warm.is_set():
            self._cold.set()

    def _judge(self, lent: Connection, error: BaseException) -> BaseException:
        """What an error says about the transaction; a connection that can't be trusted is let go."""
        if isinstance(error, ROLLED_BACK):
            return BusyError(str(error))
        if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
            self._distrust(lent)  # the roles have changed under the connection
            return BusyError(str(error))
        if isinstance(error, (asyncpg.PostgresError, asyncpg.DataError)) and not isinstance(error, CUT_OFF):
            return BrokenError(str(error))
        # Subtleness ahead: asyncpg would answer a timeout with a cancel. A cancel during the wait for the standby makes the commit
        # visible here though a failover may still lose it, so it is better dropped with the connection: the transaction ends when
        # its wait ends, and until then a repeat of its key is told IDEMPOTENCY_IN_PROGRESS. Should some other cancel get through,
        # every later "yes" that builds on it waits for the standby itself (see replay() in common/idempotency/functions.sql).
        self._distrust(lent)
        if isinstance(error, ASYNCPG_ERRORS):
            return UnknownError(f"{type(error).__name__}: {error}")
        return error

    def _distrust(self, lent: Connection) -> None:
        """End a connection, and the idle ones with it: what broke one way to the database has likely broken all."""
        for other in (lent, *self._idle):
            other.connection.terminate()
        self._idle.clear()

    def _lost(self, lent: Connection) -> None:
        self._connections.discard(lent)
        self._all_warm.clear()
        with suppress(ValueError):
            self._idle.remove(lent)
        self._short.set()
        self._progress.set()

    async def _keep_full(self) -> None:
        """Reconnect for ever: all at once while it works, one probe after another while it does not."""
        while True:
            await self._short.wait()
            missing = POOL_SIZE - len(self._connections) - len(self._attempts)
            for _ in range(min(missing, PROBES - len(self._attempts), PROBES if self._healthy else 1)):
                task = asyncio.get_running_loop().create_task(self._attempt())
                self._attempts.add(task)
                task.add_done_callback(self._attempts.discard)
            if len(self._connections) == POOL_SIZE:
                self._short.clear()
                continue
            self._progress.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(random.uniform(0.03, 0.07)):  # noqa: S311 - jitter, so that nodes do not knock together
                    await self._progress.wait()

    async def _keep_warm(self, warm_up: Callable[[Database], Awaitable[None]]) -> None:
        """Warm up what is idle and cold, one at a time, while there are others to lend.

        What somebody waits for is lent cold, and later warm-ups rest in between: after a failover, an answer now is worth more than a
        faster one later.
        """
        while True:
            await self._cold.wait()
            self._cold.clear()
            while len(self._idle) > 1 and (cold := next((idle for idle in self._idle if not idle.warm), None)):
                self._idle.remove(cold)
                await self._warm(cold, warm_up)
                if self._been_warm:
                    await asyncio.sleep(REST_S)

    async def _warm(self, cold: Connection, warm_up: Callable[[Database], Awaitable[None]]) -> None:
        cold.warm = True  # whatever comes of it: a second time would end as the first
        try:
            async with Transaction(cold.connection) as transaction:
                await warm_up(transaction)
        except Exception as error:  # noqa: BLE001 - whatever it was, the pool must go on
            log.warning("a connection is not warm: %s: %s", type(error).__name__, error)
            if isinstance(error, ASYNCPG_ERRORS):
                cold.connection.terminate()
        self._release(cold)
        if len(self._connections) == POOL_SIZE and all(there.warm for there in self._connections):
            self._all_warm.set()
            self._been_warm = True

    async def _attempt(self) -> None:
        try:
            connection = await asyncpg.connect(
                self._dsn,
                timeout=CONNECT_S,
                command_timeout=COMMAND_S,
                max_cached_statement_lifetime=0,
                target_session_attrs="primary",
                server_settings=self._settings,
                ssl=False,
            )
        except ASYNCPG_ERRORS:
            self._healthy = False
            return
        lent = Connection(connection)
        connection.add_termination_listener(lambda _connection: self._lost(lent))
        self._healthy = True
        self._connections.add(lent)
        self._release(lent)
        self._progress.set()
