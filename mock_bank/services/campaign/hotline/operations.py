"""Waiting in a line, and how it goes."""

from mock_bank.services.campaign.hotline.models import CallBody, CallReply
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode


@operation(
    "call.request",
    "POST",
    "/v1/calls",
    CallReply,
    codes=(OK, NOT_FOUND),
    body=CallBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "line": "hotline"}),
)
async def request_call(node: ServiceNode, request: Request) -> Reply:
    """Wait for an agent, by telephone or by video."""
    body: CallBody = request.body
    return await effect(node, "campaign.wait_in_line", request, body.campaign_id, body.line)


@operation("call.get", "GET", "/v1/calls/{call_id}", CallReply, codes=(OK, NOT_FOUND), sample=Sample())
async def get(node: ServiceNode, request: Request) -> Reply:
    """How a call of this customer stands, and how many wait before it."""
    row = await node.database.row(
        "select 'OK', campaign.told_call(c) from campaign.conversations c where call_id = $1 and customer_no = $2",
        request.path[0],
        request.customer_no,
    )
    return reply_of(row) if row is not None else Reply(NOT_FOUND)
