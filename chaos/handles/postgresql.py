"""PostgreSQL, by SQL: its settings and its sessions. A connection for each question, so that what is seen is what newcomers meet."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import asyncpg

from chaos.errors import NoTarget, OutOfReach
from chaos.handles.handle import Handle
from chaos.handles.http import DEADLINE_S, check_loopback

Told = TypeVar("Told")

_NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?")
_LIVE = ("sighup", "superuser", "user", "superuser-backend", "backend")  # contexts that a reload reaches; the others want a restart
_ORDERED = "select setting from pg_file_settings where name = $1 and sourcefile like '%postgresql.auto.conf' order by seqno desc limit 1"
_SESSIONS = """select pid || '@' || extract(epoch from backend_start) as name from pg_stat_activity
where backend_type = 'client backend' and pid <> pg_backend_pid()"""
_WAITING = """select pid || '@' || extract(epoch from query_start) as name from pg_stat_activity
where backend_type = 'client backend' and wait_event = 'SyncRep'"""
_LIMIT = "select datconnlimit from pg_database where datname = $1"


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
        """What a newcomer's session has. Raises NoTarget where there is no such setting, or none that a reload changes; OutOfReach."""
        row = self._ask(lambda server: server.fetchrow("select setting, context from pg_settings where name = $1", _checked(name)))
        if row is None or row["context"] not in _LIVE:
            raise NoTarget(f"PostgreSQL has no setting {name!r}" if row is None else f"the setting {name} wants a restart")
        return str(row["setting"])

    def ordered(self, name: str) -> str | None:
        """What ALTER SYSTEM has set it to, None where it has not. Raises OutOfReach."""
        found: str | None = self._ask(lambda server: server.fetchval(_ORDERED, _checked(name)))
        return found

    def order(self, name: str, value: str | None) -> None:
        """Sets it for the whole server by ALTER SYSTEM, or takes back what was set so, and has it read. Raises OutOfReach."""
        change = f"set {_checked(name)} = " + _literal(value) if value is not None else f"reset {_checked(name)}"

        async def alter(server: asyncpg.Connection) -> None:
            await server.execute(f"alter system {change}")
            await server.execute("select pg_reload_conf()")

        self._ask(alter)

    def sessions(self) -> frozenset[str]:
        """All sessions of clients but our own that the role may see (all, or its own), each by its process and start. Raises OutOfReach."""
        return frozenset(row["name"] for row in self._ask(lambda server: server.fetch(_SESSIONS)))

    def end_sessions(self) -> None:
        """Ends them. Raises OutOfReach."""
        pids = [int(session.partition("@")[0]) for session in self.sessions()]
        self._ask(lambda server: server.fetch("select pg_terminate_backend(pid) from unnest($1::int[]) as pid", pids))

    def waiting(self) -> frozenset[str]:
        """The commits that wait for the standby at the moment, of those that the role may see, each by its process and start.

        Raises OutOfReach.
        """
        return frozenset(row["name"] for row in self._ask(lambda server: server.fetch(_WAITING)))

    def cancel(self, commits: frozenset[str]) -> None:
        """Has these give up. Raises OutOfReach."""
        pids = [int(commit.partition("@")[0]) for commit in commits]
        self._ask(lambda server: server.fetch("select pg_cancel_backend(pid) from unnest($1::int[]) as pid", pids))

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

    def limit_connections(self, database: str, most: int) -> None:
        """Lets in no more than so many from now on, as its owner may; those that are there stay. Raises NoTarget; OutOfReach."""
        self._ask(lambda server: server.execute(f"alter database {_checked(database)} connection limit {most:d}"))

    def _ask(self, question: Callable[[asyncpg.Connection], Awaitable[Told]]) -> Told:
        async def asked() -> Told:
            async with asyncio.timeout(DEADLINE_S):
                server = await asyncpg.connect(**self._where())
                try:
                    return await question(server)
                finally:
                    server.terminate()

        try:
            return asyncio.run(asked())
        except TimeoutError:
            raise OutOfReach(f"{self.shown}: no answer in time") from None
        except (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            raise OutOfReach(f"{self.shown}: no connection") from None
        except asyncpg.PostgresError as error:
            raise OutOfReach(f"{self.shown}: {str(error).splitlines()[0]}") from None

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


def _checked(name: str) -> str:
    """A name goes into a command. Raises NoTarget where it could be another one."""
    if not _NAME.fullmatch(name):
        raise NoTarget(f"{name!r} is no name of a setting; allowed: small letters, digits and _")
    return name


def _literal(text: str) -> str:
    """A text as PostgreSQL reads it, whatever is in it."""
    if "\0" in text:
        raise NoTarget(f"{text!r} is no value of a setting: it holds a zero byte")
    return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
