"""Accepting a compensation."""

from typing import Final

from mock_bank.services.campaign.budgets.operations import BUDGET_SPENT
from mock_bank.services.campaign.campaigns.codes import ALREADY_CLAIMED
from mock_bank.services.campaign.compensation.models import CompensationReply
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

NOT_ELIGIBLE: Final = Code("NOT_ELIGIBLE", 409, "only for a complaint that has been responded to")


@operation(
    "compensation.accept",
    "POST",
    "/v1/tickets/{ticket_id}/compensation",
    CompensationReply,
    codes=(OK, NOT_FOUND, NOT_ELIGIBLE, ALREADY_CLAIMED, BUDGET_SPENT),
    effectful=True,
    keyed=True,
    sample=Sample(),
)
async def accept(node: ServiceNode, request: Request) -> Reply:
    """A coupon for a complaint that has been responded to, once for each customer."""
    return await effect(node, "campaign.compensate", request, request.path[0])
