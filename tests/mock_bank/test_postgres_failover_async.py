"""A world with the safety off loses what it says it loses, to the row."""

import asyncio
from pathlib import Path

from world_lab import World, freeze, kill, world


def test_asynchronous_world_loses_exactly_what_was_acknowledged_behind_a_frozen_standby(tmp_path: Path) -> None:
    """Rows committed after the standby froze are acknowledged, and gone after the failover; rows before it are all there."""
    with world(tmp_path / "world", "--durability", "async") as bank:
        bank.sql("CREATE TABLE acknowledged (n int PRIMARY KEY)")
        asyncio.run(_insert(bank, range(100)))
        asyncio.run(_arrived(bank, 100))
        since = bank.last_seq()
        freeze(bank.database("standby")["pid"])
        asyncio.run(_insert(bank, range(100, 350)))
        kill(bank.database("primary")["pid"])
        bank.event("repointed", since)
        left = [row["n"] for row in bank.sql("SELECT n FROM acknowledged ORDER BY n")]
        assert left == list(range(100))
        bank.post("/rejoin")
        state = bank.healthy()
        assert (state["writers"], state["synchronous"]) == (1, False)


async def _insert(bank: World, numbers: range) -> None:
    connection = await bank.connect()
    try:
        for number in numbers:
            await connection.execute("INSERT INTO acknowledged VALUES ($1)", number, timeout=5)
    finally:
        connection.terminate()


async def _arrived(bank: World, rows: int) -> None:
    """Wait until the standby has so many rows."""
    standby = bank.database("standby")
    connection = await bank.connect(standby["host"], standby["port"])
    try:
        async with asyncio.timeout(10):
            while await connection.fetchval("SELECT count(*) FROM acknowledged") < rows:  # noqa: ASYNC110 - a server has no event to wait for
                await asyncio.sleep(0.01)
    finally:
        connection.terminate()
