"""A snapshot that a node reads at most every 100 ms and all who ask share, so that reads cost the database nothing."""

import asyncio
import time
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.service_node import Database

FRESH_S: Final = 0.1
STALE_S: Final = 60.0

T = TypeVar("T")


class SnapshotCache(Generic[T]):
    """Reads one statement's one value, one reading at a time."""

    def __init__(self, database: Database, statement: str, parse: Callable[[str], T], empty: T) -> None:
        """`empty` is what it holds before the first reading."""
        self._database, self._statement, self._parse = database, statement, parse
        self._snapshot = empty
        self._taken_s = float("-inf")
        self._running: asyncio.Task[None] | None = None
        self._error: Exception | None = None

    async def at_most(self, oldest_s: float) -> T:
        """A snapshot no older than that; BusyError, UnknownError or BrokenError if it can't be read."""
        asked_s = time.monotonic()
        if asked_s - self._taken_s > min(FRESH_S, oldest_s):
            self._begin()
        for _ in range(2):  # the reading under way may have begun before the question; the next one has not
            if asked_s - self._taken_s <= oldest_s:
                break
            await asyncio.shield(self._begin())
            if self._error is not None:
                raise type(self._error)(str(self._error))
        return self._snapshot

    def last(self) -> tuple[T, bool]:
        """What it holds, however old, without asking; and whether it is `empty` still, or the last reading failed."""
        return self._snapshot, self._error is not None or self._taken_s == float("-inf")

    def _begin(self) -> asyncio.Task[None]:
        if self._running is None:
            self._running = asyncio.get_running_loop().create_task(self._read())
        return self._running

    async def _read(self) -> None:
        began_s = time.monotonic()
        try:
            row = await self._database.row(self._statement)
        except DATABASE_ERRORS as error:
            self._error = error
        else:
            self._snapshot = self._parse(row[0])
            self._taken_s = began_s
            self._error = None
        finally:
            self._running = None
