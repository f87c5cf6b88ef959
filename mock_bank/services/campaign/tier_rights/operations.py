"""Claiming the right of a tier."""

from mock_bank.services.campaign.campaigns.codes import ALREADY_CLAIMED, CLOSED
from mock_bank.services.campaign.memberships.tiers import NOT_ENTITLED, tier_of
from mock_bank.services.campaign.tier_rights.models import RightBody, RightReply
from mock_bank.services.kit.codes import OK
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode


@operation(
    "right.claim",
    "POST",
    "/v1/rights",
    RightReply,
    codes=(OK, ALREADY_CLAIMED, NOT_ENTITLED, *CLOSED),
    body=RightBody,
    effectful=True,
    keyed=True,
    unhashed=frozenset({"tier_token"}),
    sample=Sample({"campaign_id": "{campaign_id}", "tier": "gold", "tier_token": "{tag}"}),
)
async def claim(node: ServiceNode, request: Request) -> Reply:
    """Claim what a tier's customers have, once, with the bank's proof of belonging to it."""
    body: RightBody = request.body
    return await effect(node, "campaign.claim_right", request, body.campaign_id, body.tier, tier_of(node, request, body.tier_token))
