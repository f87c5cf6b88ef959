"""PostgreSQL, by SQL: its settings and its sessions. A connection for each question, so that what is seen is what newcomers meet."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from chaos.errors import NoTarget, OutOfReach, Unanswered
from chaos.handles.handle import Handle
from chaos.handles.http import DEADLINE_S, check_loopback
from chaos.handles.sql import alter_limit, alter_setting

Told = TypeVar("Told")

_LIVE = ("sighup", "superuser", "user", "superuser-backend", "backend")  # contexts that a reload reaches; the others want a restart
_SETTING = "select setting, context from pg_settings where lower(name) = lower($1)"
_ORDERED = """select setting from pg_file_settings where lower(name) = lower($1) and sourcefile like '%postgresql.auto.conf'
order by seqno desc limit 1"""
_NEWCOMER_S = 1.0
_READ_S = 0.5  # a reload takes some milliseconds
_LOOK_S = 0.02
_NAMED_SESSION = "pid || '@' || extract(epoch from backend_start)"
_SESSIONS = """from pg_stat_activity
where backend_type = 'client backend' and pid <> pg_backend_pid() and ($1::text is null or datname = $1)"""
_NAMED_COMMIT = "pid || '@' || extract(epoch from query_start)"
_WAITING = "from pg_stat_activity where backend_type = 'client backend' and wait_event = 'SyncRep'"
_LIMIT = "select datconnlimit from pg_database where datname = $1"
_LIMITED = "select current_database() = $1 and not rolsuper from pg_roles where rolname = current_user"


class Postgresql(Handle):
    """One server, as a role that may do what a fault asks for (`pg_signal_backend`, ALTER SYSTEM)."""

    form: ClassVar[str] = "postgresql://HOST:PORT/postgres?user=drill"

    def __init__(self, address: str, secrets: Mapping[str, str] | None = None) -> None:
        """As in `form`; `&secret=NAME` names the declared secret that is the password. Without one it is looked for as psql does."""
        self._address, self._secrets = address, secrets or {}

    def probe(self) -> None:
        """Its version. Raises OutOfReach where it does not tell."""
        self._ask(lambda server: server.fetchval("show server_version"))

    def setting(self, name: str) -> str:
        """What a newcomer's session has, whatever letters of the name are capitals.

        Raises NoTarget where there is no such setting, or none that a reload changes; OutOfReach.
        """
        row = self._ask(lambda server: server.fetchrow(_SETTING, name))
        if row is None or row["context"] not in _LIVE:
            raise NoTarget(f"PostgreSQL has no setting {name!r}" if row is None else f"the setting {name} wants a restart")
        return str(row["setting"])

    def ordered(self, name: str) -> str | None:
        """What ALTER SYSTEM has set it to, None where it has not. Raises OutOfReach."""
        found: str | None = self._ask(lambda server: server.fetchval(_ORDERED, name))
        return found

    def order(self, name: str, value: str | None) -> None:
        """Has the whole server read what `alter_setting` says. Raises as that; OutOfReach."""
        change = alter_setting(name, value)
        self._ask(lambda server: _carry_out(server, change))

    def try_out(self, name: str, value: str, back: str | None) -> None:
        """As `order`, where whoever comes then can still come and set it back; else this session does so at once. Raises as `order`."""
        change, mended = alter_setting(name, value), alter_setting(name, back)

        async def alter(server: asyncpg.Connection) -> None:
            usual = await server.fetchval(_SETTING, name)
            await _carry_out(server, change)
            try:
                await self._see(name, usual)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                await _carry_out(server, mended)
                why = str(error).splitlines()[0] if str(error) else "no answer in time"
                raise OutOfReach(f"{self.shown}: {name} = {value} keeps out whoever could set it back ({why}); it is set back") from None

        self._ask(alter)

    async def _see(self, name: str, usual: str) -> None:
        """Comes until a newcomer has another value, or for a while where a role or database has its own. Raises whatever keeps one out."""
        until_s = time.monotonic() + _READ_S
        while time.monotonic() < until_s:
            async with asyncio.timeout(_NEWCOMER_S):
                if await self._asked(lambda server: server.fetchval(_SETTING, name)) != usual:
                    return
            await asyncio.sleep(_LOOK_S)

    def sessions(self, database: str | None = None) -> frozenset[str]:
        """All sessions of clients but our own that the role may see (all, or its own), of one database or of every one.

        Each by its process and start. Raises OutOfReach.
        """
        rows = self._ask(lambda server: server.fetch(f"select {_NAMED_SESSION} as name {_SESSIONS}", database))
        return frozenset(row["name"] for row in rows)

    def end_sessions(self, database: str | None = None) -> None:
        """Ends these. Raises OutOfReach."""
        self._ask(lambda server: server.fetch(f"select pg_terminate_backend(pid) {_SESSIONS}", database))

    def waiting(self) -> frozenset[str]:
        """The commits that wait for the standby at the moment, of those that the role may see, each by its process and start.

        Raises OutOfReach.
        """
        return frozenset(row["name"] for row in self._ask(lambda server: server.fetch(f"select {_NAMED_COMMIT} as name {_WAITING}")))

    def cancel(self, commits: frozenset[str]) -> None:
        """Has those of them give up that wait still, and nothing that the same sessions have begun since. Raises OutOfReach."""
        theirs = f"select pg_cancel_backend(pid) {_WAITING} and {_NAMED_COMMIT} = any($1::text[])"
        self._ask(lambda server: server.fetch(theirs, list(commits)))

    def is_standby(self) -> bool:
        """Whether it follows another one. Raises OutOfReach."""
        return bool(self._ask(lambda server: server.fetchval("select pg_is_in_recovery()")))

    def promote(self) -> None:
        """Has it lead from now on, which nothing takes back; returns before it does. Raises NoTarget where it is no standby; OutOfReach."""
        if not self.is_standby():
            raise NoTarget(f"{self.shown} is no standby: only one can be promoted")
        self._ask(lambda server: server.execute("select pg_promote(false)"))

    def most_connections(self, database: str) -> int:
        """How many connections that database lets in, -1 where it sets no limit. Raises NoTarget where there is none; OutOfReach."""
        found: int | None = self._ask(lambda server: server.fetchval(_LIMIT, database))
        if found is None:
            raise NoTarget(f"{self.shown}: there is no database {database!r}")
        return found

    def is_limited(self, database: str) -> bool:
        """Whether a limit of that database holds for our own connections too. Raises OutOfReach."""
        return bool(self._ask(lambda server: server.fetchval(_LIMITED, database)))

    def limit_connections(self, database: str, most: int) -> None:
        """Lets in no more than so many from now on, as its owner may; those that are there stay. Raises as `alter_limit`; OutOfReach."""
        change = alter_limit(database, most)
        self._ask(lambda server: server.execute(change))

    def _ask(self, question: Callable[[asyncpg.Connection], Awaitable[Told]]) -> Told:
        async def asked() -> Told:
            async with asyncio.timeout(DEADLINE_S):
                return await self._asked(question)

        try:
            return asyncio.run(asked())
        except TimeoutError:
            raise Unanswered(f"{self.shown}: no answer in time") from None
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            raise OutOfReach(f"{self.shown}: no connection") from None
        except asyncpg.PostgresError as error:
            raise OutOfReach(f"{self.shown}: {str(error).splitlines()[0]}") from None

    async def _asked(self, question: Callable[[asyncpg.Connection], Awaitable[Told]]) -> Told:
        server = await asyncpg.connect(**self._where())
        try:
            return await question(server)
        finally:
            server.terminate()

    @property
    def shown(self) -> str:
        """Its address, without who comes there."""
        return self._address.partition("?")[0]

    def _where(self) -> dict[str, object]:
        try:
            parts = urlsplit(self._address)
            host, port, query = parts.hostname or "", parts.port or 5432, parse_qs(parts.query)
        except ValueError:
            host, port, query = "", 0, {}
        user, database = query.get("user", [""])[0], unquote(urlsplit(self.shown).path.removeprefix("/")) if host else ""
        if not (host and user and database) or parts.scheme != "postgresql" or "@" in parts.netloc:
            raise OutOfReach(f"{self.shown} is no address of a database; allowed: {self.form}, and &secret=NAME for its password")
        check_loopback(host)
        secret = query.get("secret", [""])[0]
        if secret and secret not in self._secrets:
            raise OutOfReach(f"{self.shown}: its password is the secret {secret}, which is not known")
        return {"host": host, "port": port, "user": user, "database": database, "password": self._secrets.get(secret) if secret else None}


async def _carry_out(server: asyncpg.Connection, change: str) -> None:
    """Changes a setting and has it read, however short a time statements may take."""
    await server.execute("set statement_timeout = 0")
    await server.execute(change)
    await server.execute("select pg_reload_conf()")
    await server.execute("reset statement_timeout")
