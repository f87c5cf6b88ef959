"""Asking for the gift at a booth."""

from typing import Final

from mock_bank.services.campaign.booths.models import GiftBody, GiftReply
from mock_bank.services.campaign.campaigns.codes import CLOSED
from mock_bank.services.kit.codes import OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

NOT_REGISTERED: Final = Code("NOT_REGISTERED", 409, "this customer has not registered")
GIFT_GIVEN: Final = Code("GIFT_GIVEN", 409, "this customer has had the gift")


@operation(
    "gift.claim",
    "POST",
    "/v1/booth-gifts",
    GiftReply,
    codes=(OK, NOT_REGISTERED, GIFT_GIVEN, *CLOSED),
    body=GiftBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}"}),
)
async def claim(node: ServiceNode, request: Request) -> Reply:
    """The gift for registering, once to each customer, however often a weak network asks."""
    body: GiftBody = request.body
    return await effect(node, "campaign.give_gift", request, body.campaign_id)
