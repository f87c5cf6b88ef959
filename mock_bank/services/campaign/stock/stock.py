"""A node's snapshot of the stock."""

from pydantic import TypeAdapter

from mock_bank.services.campaign.stock.models import SkuStock
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import SnapshotCache


class _Sku(SkuStock):
    activity_id: str


_skus = TypeAdapter(list[_Sku])


def _by_activity(text: str) -> dict[str, list[SkuStock]]:
    found: dict[str, list[SkuStock]] = {}
    for sku in _skus.validate_json(text):
        found.setdefault(sku.activity_id, []).append(SkuStock.model_construct(**sku.model_dump(exclude={"activity_id"})))
    return found


class Stock:
    """Finds an activity's prizes and what is left of them."""

    def __init__(self, node: ServiceNode) -> None:
        """No snapshot yet."""
        self._cache = SnapshotCache[dict[str, list[SkuStock]]](node.database, "select campaign.stock_snapshot()", _by_activity, {})

    async def of(self, activity_id: str, oldest_s: float) -> list[SkuStock]:
        """Its prizes, no older than that; BusyError or UnknownError if they can't be read."""
        return (await self._cache.at_most(oldest_s)).get(activity_id, [])
