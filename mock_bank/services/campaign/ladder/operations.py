"""Doing a rung of the ladder."""

from typing import Final

from mock_bank.services.campaign.campaigns.codes import CLOSED
from mock_bank.services.campaign.ladder.models import CompleteBody, CompleteReply
from mock_bank.services.campaign.receipts.receipts import paid
from mock_bank.services.kit.codes import OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

LOCKED: Final = Code("LOCKED", 409, "the rung below is not done")
ALREADY_DONE: Final = Code("ALREADY_DONE", 409, "this rung is done")
ALREADY_USED: Final = Code("ALREADY_USED", 409, "a rung was done by this payment")


@operation(
    "task.complete",
    "POST",
    "/v1/tasks/completions",
    CompleteReply,
    codes=(OK, LOCKED, ALREADY_DONE, ALREADY_USED, *CLOSED),
    body=CompleteBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "rung": 1, "receipt_token": "{tag}"}),
)
async def complete(node: ServiceNode, request: Request) -> Reply:
    """Do a rung by a payment: once the one below it is done, once each, and no payment twice. It wins a red packet."""
    body: CompleteBody = request.body
    receipt = paid(node, request, body.receipt_token)
    return await effect(node, "campaign.climb", request, body.campaign_id, body.rung, receipt.payment)
