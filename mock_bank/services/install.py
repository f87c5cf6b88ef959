"""Creates the schemas of bank and campaign in a database: `python -m mock_bank.services.install CONFIG.json`."""

import asyncio
import sys
from importlib import resources
from pathlib import Path

import asyncpg

from mock_bank.services.config import ServiceError, load

LOCK = 7_316_001  # any number that nobody else locks


def script() -> str:
    """All SQL, in order; it can be run again over itself."""
    folder = resources.files("mock_bank.services") / "schema"
    text = {path.name: path.read_text(encoding="utf-8") for path in map(Path, map(str, folder.iterdir())) if path.suffix == ".sql"}
    parts = ["create schema if not exists bank;", "create schema if not exists campaign;"]
    parts += [text["idempotency.sql"].replace("{schema}", schema) for schema in ("bank", "campaign")]
    parts += [
        text[f"{name}.sql"] for name in ("bank_tables", "bank_functions", "campaign_tables", "campaign_functions", "campaign_operator")
    ]
    return "\n".join(parts)


async def install(dsn: str) -> None:
    """Create what is missing, in one transaction; ServiceError if the database can't be reached or refuses."""
    try:
        connection = await asyncpg.connect(dsn, timeout=5, command_timeout=30)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise ServiceError(f"the database does not answer: {error or type(error).__name__}") from error
    try:
        async with connection.transaction():
            await connection.execute("set local client_min_messages = warning")
            await connection.execute(f"select pg_advisory_xact_lock({LOCK})")
            await connection.execute(script())
    except asyncpg.PostgresError as error:
        raise ServiceError(f"the database refuses the schema: {error}") from error
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
