"""Creates the schemas of all services in a database: `python -m mock_bank.services.install CONFIG.json`."""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import asyncpg

from mock_bank.services.kit.config import load
from mock_bank.services.kit.errors import ServiceError
from mock_bank.services.kit.features import features, services

LOCK: Final = 7_316_001  # any number that nobody else locks
UNREACHED: Final = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
FUNCTIONS: Final = """
    select p.oid::regprocedure::text, case l.lanname when 'plpgsql' then 'plpgsql_validator' else 'fmgr_sql_validator' end
      from pg_proc p join pg_language l on l.oid = p.prolang
     where p.pronamespace = any ($1::text[]::regnamespace[]) and l.lanname in ('plpgsql', 'sql') order by 1"""


def script() -> Iterator[tuple[str, str]]:
    """All SQL in order, each piece with the file it comes from; it can be run again over itself.

    Tables stand in the order in which features need each other. Functions may name each other as they like: their bodies are checked
    once all are there.
    """
    for service in services():
        yield service, f"create schema if not exists {service}"
    yield "services", "set local check_function_bodies = off"
    for file in ("tables.sql", "functions.sql"):
        for service in services():
            for feature in features(service):
                if text := feature.sql(file):
                    yield str(feature.folder / file), text
    yield "services", "set local check_function_bodies = on"


async def install(dsn: str) -> None:
    """Create what is missing, in one transaction; ServiceError if the database can't be reached or refuses."""
    try:
        connection = await asyncpg.connect(
            dsn, timeout=5, command_timeout=30, ssl=False
        )  # else it looks for keys in a home that may be closed
    except UNREACHED as error:
        raise ServiceError(f"the database does not answer: {error or type(error).__name__}") from error
    where = "services"
    try:
        async with connection.transaction():
            await connection.execute("set local client_min_messages = warning")
            await connection.execute(f"select pg_advisory_xact_lock({LOCK})")
            for where, text in script():  # noqa: B007 - told where it ends
                await connection.execute(text)
            for where, validator in await connection.fetch(FUNCTIONS, list(services())):
                await connection.execute(f"select {validator}('{where}'::regprocedure)")
    except asyncpg.PostgresError as error:
        raise ServiceError(f"{where}: the database refuses it: {str(error).partition(chr(10))[0]}") from error
    finally:
        await connection.close(timeout=5)


def main() -> int:
    """The command; 0, or 64 with one sentence on stderr."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - program and file
        sys.stderr.write("usage: python -m mock_bank.services.install CONFIG.json\n")
        return 64
    try:
        asyncio.run(install(load(Path(sys.argv[1])).dsn))
    except ServiceError as error:
        sys.stderr.write(f"{error}\n")
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main())
