"""One node's counts of beacons."""

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Final

from mock_bank.services.campaign.beacons.models import Beacon
from mock_bank.services.campaign.beacons.switches import EVERY_SECOND_SEEN
from mock_bank.services.kit.background import background, in_rounds
from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.service_node import ServiceNode

FLUSH_S: Final = 1.0
KINDS_LIMIT: Final = 1000

log = logging.getLogger("mock_bank")


class BeaconCounts:
    """One node's counts of what the apps saw."""

    def __init__(self, node: ServiceNode) -> None:
        """Nothing counted yet."""
        self._node = node
        self._seen: Counter[tuple[str, str]] = Counter()
        self._taken = 0

    def count(self, beacons: Iterable[Beacon]) -> None:
        """Count; kinds beyond the limit are dropped, so that nobody can fill the memory."""
        for beacon in beacons:
            self._taken += 1
            if self._node.on(EVERY_SECOND_SEEN) and self._taken % 2:
                continue
            kind = (beacon.type, beacon.item)
            if kind in self._seen or len(self._seen) < KINDS_LIMIT:
                self._seen[kind] += 1

    async def flush(self) -> None:
        """Write what has been counted since the last time, if anything."""
        if not self._seen:
            return
        seen, self._seen = self._seen, Counter()
        try:
            await self._node.database.row(
                """insert into campaign.beacons select $1, k.type, k.item, k.seen from unnest($2::text[], $3::text[], $4::bigint[])
                       as k (type, item, seen)
                   on conflict (node, type, item) do update set seen = beacons.seen + excluded.seen""",
                self._node.config.name,
                [kind[0] for kind in seen],
                [kind[1] for kind in seen],
                list(seen.values()),
            )
        except DATABASE_ERRORS as error:
            log.info("%d beacons lost: %s", seen.total(), error)


@background
async def write_counts(node: ServiceNode) -> None:
    """Write the counts every second."""
    await in_rounds(node.one(BeaconCounts).flush, FLUSH_S, "beacons")
