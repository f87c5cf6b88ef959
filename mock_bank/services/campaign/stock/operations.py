"""What is left, and more of it."""

from mock_bank.services.campaign.campaigns.campaigns import Campaigns, now_ms
from mock_bank.services.campaign.stock.models import ReplenishBody, ReplenishReply, StockReply
from mock_bank.services.campaign.stock.stock import Stock
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, ok, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import FRESH_S


@operation(
    "stock.get",
    "GET",
    "/v1/activities/{activity_id}/stock",
    StockReply,
    codes=(OK, NOT_FOUND),
    access=Access.PUBLIC,
    sample=Sample(path={"activity_id": "{tag}"}),
)
async def get(node: ServiceNode, request: Request) -> Reply:
    """An activity's stock, at most 100 ms old."""
    activity = await node.one(Campaigns).activity(request.path[0], FRESH_S)
    skus = await node.one(Stock).of(activity.id, FRESH_S)
    return ok(
        {
            "activity_id": activity.id,
            "server_time_ms": now_ms(),
            "opens_at_ms": activity.opens_at_ms,
            "closes_at_ms": activity.closes_at_ms,
            "skus": [sku.__dict__ for sku in skus],
        }
    )


@operation(
    "stock.replenish",
    "POST",
    "/v1/ops/stock/replenish",
    ReplenishReply,
    codes=(OK, NOT_FOUND),
    body=ReplenishBody,
    access=Access.OPERATOR,
    effectful=True,
    keyed=True,
)
async def replenish(node: ServiceNode, request: Request) -> Reply:
    """Add stock, once per key."""
    body: ReplenishBody = request.body
    return reply_of(
        await node.database.row(
            "select code, data from campaign.replenish($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            request.key,
            request.body_hash,
            body.activity_id,
            body.sku,
            body.batch,
            body.quantity,
            body.actor,
            body.reason,
            node.site,
        )
    )
