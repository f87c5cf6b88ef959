"""Beacons: counted in memory, written now and then, lost if a node dies. They never make a customer wait."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

from mock_bank.services.campaign_models import Beacon
from mock_bank.services.database import BrokenError, BusyError, Pool, UnknownError

FLUSH_S: Final = 1.0
KINDS_LIMIT: Final = 1000

log = logging.getLogger("mock_bank")


class Beacons:
    """One node's counts of what the apps saw."""

    def __init__(self, pool: Pool, node: str) -> None:
        """Nothing counted yet."""
        self._pool = pool
        self._node = node
        self._seen: Counter[tuple[str, str]] = Counter()

    def count(self, events: Iterable[Beacon]) -> None:
        """Count; kinds beyond the limit are dropped, so that nobody can fill the memory."""
        for event in events:
            kind = (event.type, event.item)
            if kind in self._seen or len(self._seen) < KINDS_LIMIT:
                self._seen[kind] += 1

    async def run(self) -> None:
        """Write the counts every second, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_S)
            if self._seen:
                await self._flush()

    async def _flush(self) -> None:
        seen, self._seen = self._seen, Counter()
        try:
            await self._pool.row(
                """insert into campaign.beacons select $1, k.type, k.item, k.seen from unnest($2::text[], $3::text[], $4::bigint[])
                       as k (type, item, seen)
                   on conflict (node, type, item) do update set seen = beacons.seen + excluded.seen""",
                self._node,
                [kind[0] for kind in seen],
                [kind[1] for kind in seen],
                list(seen.values()),
            )
        except (BusyError, BrokenError, UnknownError) as error:
            log.info("%d beacons lost: %s", seen.total(), error)
