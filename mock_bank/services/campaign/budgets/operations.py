"""Releasing what is in reserve."""

from typing import Final

from mock_bank.services.campaign.budgets.models import ReleaseBody, ReleaseReply
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Access, Reply, Request, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode

RESERVE_EXCEEDED: Final = Code("RESERVE_EXCEEDED", 409, "the reserve has not that much")
BUDGET_SPENT: Final = Code("BUDGET_SPENT", 409, "what there was for this has been given out")


@operation(
    "budget.release",
    "POST",
    "/v1/ops/campaigns/{campaign_id}/budget/release",
    ReleaseReply,
    codes=(OK, NOT_FOUND, RESERVE_EXCEEDED),
    body=ReleaseBody,
    access=Access.OPERATOR,
    effectful=True,
    keyed=True,
)
async def release(node: ServiceNode, request: Request) -> Reply:
    """From the reserve into a bucket, once per key."""
    body: ReleaseBody = request.body
    return reply_of(
        await node.database.row(
            "select code, data from campaign.release_budget($1, $2, $3, $4, $5, $6, $7, $8)",
            request.key,
            request.body_hash,
            request.path[0],
            body.bucket,
            body.amount_fen,
            body.actor,
            body.reason,
            node.site,
        )
    )
