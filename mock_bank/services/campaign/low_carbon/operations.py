"""Earning low-carbon points."""

from typing import Final

from mock_bank.services.campaign.campaigns.codes import CLOSED
from mock_bank.services.campaign.low_carbon.models import DeedBody, DeedReply
from mock_bank.services.campaign.receipts.receipts import paid
from mock_bank.services.kit.codes import OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

CARBON_CAP_REACHED: Final = Code("CARBON_CAP_REACHED", 409, "as many deeds of this customer as a day may have have earned points")
ALREADY_GREEN: Final = Code("ALREADY_GREEN", 409, "this receipt has earned its low-carbon points")


@operation(
    "carbon.earn",
    "POST",
    "/v1/carbon-points",
    DeedReply,
    codes=(OK, CARBON_CAP_REACHED, ALREADY_GREEN, *CLOSED),
    body=DeedBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "receipt_token": "{tag}"}),
)
async def earn(node: ServiceNode, request: Request) -> Reply:
    """Points for a receipt without paper: each once, and so many a day, on all devices together."""
    body: DeedBody = request.body
    return await effect(node, "campaign.earn_carbon", request, body.campaign_id, paid(node, request, body.receipt_token).payment)
