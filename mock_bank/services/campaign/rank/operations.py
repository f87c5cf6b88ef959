"""The most won prizes."""

from pydantic import BaseModel

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.stock.stock import Stock
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S


class RankEntry(BaseModel):
    """A prize and how often it was won."""

    rank: int
    activity_id: str
    sku: str
    granted: int


class RankReply(BaseModel):
    """The most wanted prizes."""

    entries: list[RankEntry]


@operation(
    "rank.list",
    "GET",
    "/v1/campaigns/{campaign_id}/rank",
    RankReply,
    codes=(OK, NOT_FOUND),
    access=Access.PUBLIC,
    sample=Sample(),
    gives_way=GivesWay.FIRST,
)
async def rank(node: ServiceNode, request: Request) -> Reply:
    """The ten most won prizes; ties by name, so that every node says the same."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    stock = node.one(Stock)
    won = [(-sku.granted, activity.id, sku.sku) for activity in campaign.activities for sku in await stock.of(activity.id, STALE_S)]
    entries = [{"rank": n, "activity_id": of, "sku": sku, "granted": -less} for n, (less, of, sku) in enumerate(sorted(won)[:10], 1)]
    return ok({"entries": entries})
