"""What there is for points, exchanging them, and how an exchange stands."""

from typing import Final

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import CLOSED_TO_ALL
from mock_bank.services.campaign.exchanges.campaign_part import GOODS
from mock_bank.services.campaign.exchanges.models import ExchangeBody, ExchangeReply, GoodsReply
from mock_bank.services.campaign.suppliers.suppliers import Suppliers
from mock_bank.services.kit.codes import ACCEPTED, NOT_FOUND, OK, Code, RefusedError
from mock_bank.services.kit.errors import DATABASE_ERRORS, UnknownError
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, effect_row, ok, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

INSUFFICIENT_POINTS: Final = Code("INSUFFICIENT_POINTS", 409, "there are not that many points")
SETTLE: Final = "select code, data from campaign.settle_exchange($1, $2, $3)"


@operation(
    "goods.list", "GET", "/v1/campaigns/{campaign_id}/goods", GoodsReply, codes=(OK, NOT_FOUND), access=Access.PUBLIC, sample=Sample()
)
async def goods(node: ServiceNode, request: Request) -> Reply:
    """What there is for points."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    return ok({"goods": [good.__dict__ for good in GOODS.of(campaign.parts)]})


@operation(
    "points.exchange",
    "POST",
    "/v1/points/exchanges",
    ExchangeReply,
    codes=(OK, ACCEPTED, INSUFFICIENT_POINTS, *CLOSED_TO_ALL),
    body=ExchangeBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "goods_id": "{tag}"}),
)
async def exchange(node: ServiceNode, request: Request) -> Reply:
    """Exchange points, once: delivered, given back where the supplier fails, or pending where nobody knows yet."""
    body: ExchangeBody = request.body
    row = await effect_row(node, "campaign.begin_exchange", request, body.campaign_id, body.goods_id)
    if not row["fresh"]:
        return reply_of(row)
    order, pending = f"EX-{request.key}", Reply(ACCEPTED, row[1].encode())
    try:
        state = await _delivered(node, order, request.customer_no, row["face_fen"])
    except UnknownError:
        return pending
    try:
        return reply_of(await node.database.row(SETTLE, order, state, node.site))
    except DATABASE_ERRORS:
        return pending  # the order stands; `deliver` goes on with it


async def _delivered(node: ServiceNode, order: str, customer_no: str, face_fen: int) -> str:
    """What has become of an order whose supplier has not been asked before. Raises UnknownError."""
    try:
        await node.one(Suppliers).top_up(order, customer_no, face_fen)
    except RefusedError:
        return "REFUNDED"
    return "FULFILLED"


@operation("exchange.status", "GET", "/v1/points/exchanges/{order_id}", ExchangeReply, codes=(OK, NOT_FOUND), sample=Sample())
async def status(node: ServiceNode, request: Request) -> Reply:
    """How an exchange of this customer stands."""
    row = await node.database.row(
        "select 'OK', campaign.told_exchange(x) from campaign.exchanges x where order_id = $1 and customer_no = $2",
        request.path[0],
        request.customer_no,
    )
    return reply_of(row) if row is not None else Reply(NOT_FOUND)
