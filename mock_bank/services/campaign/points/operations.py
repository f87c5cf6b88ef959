"""Earning points, and how many there are."""

from typing import Final

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import CLOSED
from mock_bank.services.campaign.points.models import EarnBody, EarnReply, PointsReply
from mock_bank.services.campaign.receipts.receipts import paid
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

ALREADY_EARNED: Final = Code("ALREADY_EARNED", 409, "this payment has earned its points")


@operation(
    "points.earn",
    "POST",
    "/v1/points",
    EarnReply,
    codes=(OK, ALREADY_EARNED, *CLOSED),
    body=EarnBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "receipt_token": "{tag}"}),
)
async def earn(node: ServiceNode, request: Request) -> Reply:
    """The points that a payment earns, once, by the bank's receipt."""
    body: EarnBody = request.body
    receipt = paid(node, request, body.receipt_token)
    return await effect(node, "campaign.earn_points", request, body.campaign_id, receipt.payment, receipt.amount_fen, receipt.at_ms)


@operation("points.get", "GET", "/v1/campaigns/{campaign_id}/points", PointsReply, codes=(OK, NOT_FOUND), sample=Sample())
async def get(node: ServiceNode, request: Request) -> Reply:
    """How many points the customer has."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    row = await node.database.row(
        "select balance from campaign.points_accounts where campaign_id = $1 and customer_no = $2", campaign.id, request.customer_no
    )
    return ok({"campaign_id": campaign.id, "balance": row[0] if row else 0})
