"""Lost primaries on a busy machine, again and again: `make failover`, or by itself with --kills, --freezes and --burners.

A world is struck while customers write and burners take the processors. After each strike there must be one writer, never two at any moment
in between, and every acknowledged row. Ends with 1 and a sentence at the first strike that breaks this, else with a table of times.
"""

import argparse
import asyncio
import contextlib
import itertools
import multiprocessing
import sys
import tempfile
import threading
import time
from pathlib import Path
from statistics import median

import asyncpg
from world_lab import World, freeze, kill, until, world

_PATIENCE_S = 120.0


def burn() -> None:
    """Take a processor."""
    while True:
        sum(range(10_000))


class Customers(threading.Thread):
    """Insert numbers through the gateway, one commit each, and remember which were acknowledged."""

    def __init__(self, bank: World) -> None:
        """Not yet."""
        super().__init__(daemon=True)
        self._bank, self._numbers = bank, itertools.count()
        self.acknowledged: list[int] = []
        self.stop = threading.Event()

    def run(self) -> None:
        """Until told to stop."""
        asyncio.run(self._write())

    async def _write(self) -> None:
        while not self.stop.is_set():
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                connection = await self._bank.connect()
                try:
                    while not self.stop.is_set():
                        number = next(self._numbers)
                        await connection.execute("INSERT INTO acknowledged VALUES ($1)", number, timeout=5)
                        self.acknowledged.append(number)
                finally:
                    connection.terminate()
            await asyncio.sleep(0.01)


class Guard(threading.Thread):
    """Asks both databases again and again, past the gateway, whether they take writes."""

    def __init__(self, bank: World) -> None:
        """Not yet."""
        super().__init__(daemon=True)
        self._bank = bank
        self.stop = threading.Event()
        self.looks, self.two = 0, ""

    def run(self) -> None:
        """Until told to stop, or until there were two writers."""
        asyncio.run(self._look())

    async def _look(self) -> None:
        while not self.stop.is_set() and not self.two:
            first, second = self._bank.topology()["databases"]
            # The first is asked before and after the second: only if it takes writes both times did they do so together.
            if await self._writes(first) and await self._writes(second) and await self._writes(first):
                self.two = f"two writers at {time.time():.3f}"
            self.looks += 1
            await asyncio.sleep(0.02)

    async def _writes(self, database: dict) -> bool:
        try:
            connection = await self._bank.connect(database["host"], database["port"])
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False
        try:
            return not await connection.fetchval("SELECT pg_is_in_recovery()", timeout=2)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            return False
        finally:
            connection.terminate()


def strike(bank: World, how: str) -> float:
    """Lose the primary and wait until all is well; how long there was nobody who led."""
    bank.post("/rejoin")
    until(lambda: bank.state()["healthy"], "healthy before the strike", _PATIENCE_S)
    since, old = bank.last_seq(), bank.database("primary")
    began = time.monotonic()
    if how == "freeze":
        freeze(old["pid"])
    else:
        kill(old["pid"])
    until(lambda: any(e["kind"] in {"promoted", "restarted"} for e in bank.events(since)), f"a leader after a {how}", _PATIENCE_S)
    took_s = time.monotonic() - began
    bank.post("/rejoin")
    until(lambda: bank.state()["healthy"], f"healthy after a {how}; {bank.state()}", _PATIENCE_S)
    return took_s


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(description="Lose primaries beside burners.")
    for name, default in (("kills", 10), ("freezes", 10), ("burners", 4)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    burners = [multiprocessing.Process(target=burn, daemon=True) for _ in range(given.burners)]
    with tempfile.TemporaryDirectory() as folder, world(Path(folder) / "world") as bank:
        bank.sql("CREATE TABLE acknowledged (n int PRIMARY KEY)")
        customers, guard = Customers(bank), Guard(bank)
        for thing in (*burners, customers, guard):
            thing.start()
        try:
            for how, times in (("kill", given.kills), ("freeze", given.freezes)):
                took = sorted(_checked(bank, how, number, customers, guard) for number in range(times))
                if took:
                    _print(f"{how}: {len(took)} strikes, a new leader after {took[0]:.2f} to {took[-1]:.2f} s, median {median(took):.2f} s")
        finally:
            guard.stop.set()
            customers.stop.set()
            for burner in burners:
                burner.kill()
        _print(f"{len(customers.acknowledged)} rows acknowledged, none lost; {guard.looks} looks at both databases, never two writers")
    return 0


def _checked(bank: World, how: str, number: int, customers: Customers, guard: Guard) -> float:
    took_s = strike(bank, how)
    state, there = bank.state(), set(customers.acknowledged)
    lost = there - {row["n"] for row in bank.sql("SELECT n FROM acknowledged")}
    if guard.two or lost or state["writers"] != 1:
        sys.exit(f"{how} {number}: {guard.two or 'one writer'}; lost {sorted(lost)[:10]}; {state}")
    _print(f"{how} {number}: {took_s:.2f} s")
    return took_s


def _print(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
