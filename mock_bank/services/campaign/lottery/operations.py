"""The prizes and their odds, a chance for a payment, and drawing it."""

from typing import Final

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import CLOSED
from mock_bank.services.campaign.lottery.campaign_part import LOTTERY
from mock_bank.services.campaign.lottery.models import ChanceBody, ChanceReply, DrawBody, DrawReply, LotteryReply
from mock_bank.services.campaign.receipts.receipts import paid
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

CHANCE_GIVEN: Final = Code("CHANCE_GIVEN", 409, "this payment has its chance")
ALREADY_DRAWN: Final = Code("ALREADY_DRAWN", 409, "this chance has been drawn")


@operation(
    "lottery.get", "GET", "/v1/campaigns/{campaign_id}/lottery", LotteryReply, codes=(OK, NOT_FOUND), access=Access.PUBLIC, sample=Sample()
)
async def get(node: ServiceNode, request: Request) -> Reply:
    """The prizes and their odds, as they are published."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    return ok({"prizes": [prize.__dict__ for prize in LOTTERY.of(campaign.parts)]})


@operation(
    "lottery.chance",
    "POST",
    "/v1/lottery/chances",
    ChanceReply,
    codes=(OK, CHANCE_GIVEN, *CLOSED),
    body=ChanceBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "receipt_token": "{tag}"}),
)
async def chance(node: ServiceNode, request: Request) -> Reply:
    """The chance that a payment earns, once, by the bank's receipt."""
    body: ChanceBody = request.body
    return await effect(node, "campaign.give_chance", request, body.campaign_id, paid(node, request, body.receipt_token).payment)


@operation(
    "lottery.draw",
    "POST",
    "/v1/lottery/draws",
    DrawReply,
    codes=(OK, ALREADY_DRAWN, *CLOSED),
    body=DrawBody,
    effectful=True,
    keyed=True,
    sample=Sample({"chance_id": "{chance_id}"}),
)
async def draw(node: ServiceNode, request: Request) -> Reply:
    """Draw a chance, once; a prize is a coupon."""
    body: DrawBody = request.body
    return await effect(node, "campaign.draw_lot", request, body.chance_id)
