"""Saying where a prize is to go."""

from typing import Final

from mock_bank.services.campaign.campaigns.codes import CLOSED_TO_ALL
from mock_bank.services.campaign.parcels.models import ParcelBody, ParcelReply
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

PARCEL_ORDERED: Final = Code("PARCEL_ORDERED", 409, "what this right is worth is on its way")


@operation(
    "parcel.order",
    "POST",
    "/v1/parcels",
    ParcelReply,
    codes=(OK, NOT_FOUND, PARCEL_ORDERED, *CLOSED_TO_ALL),
    body=ParcelBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "right_id": "{right_id}", "address": "{tag}"}),
)
async def order(node: ServiceNode, request: Request) -> Reply:
    """Say where the prize of a right goes, once: what is sent, and that it is sent."""
    body: ParcelBody = request.body
    return await effect(node, "campaign.order_parcel", request, body.campaign_id, body.right_id, body.address)
