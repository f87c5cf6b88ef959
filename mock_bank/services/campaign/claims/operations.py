"""Leave to claim, the claim, and how it ended."""

from dataclasses import replace
from typing import Final
from uuid import uuid4

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import ALREADY_CLAIMED, CLOSED, LIMIT_REACHED, SOLD_OUT
from mock_bank.services.campaign.claims.models import ActivityTokenReply, ClaimBody, ClaimReply
from mock_bank.services.campaign.suppliers.codes import CIRCUIT_OPEN
from mock_bank.services.campaign.suppliers.suppliers import Suppliers
from mock_bank.services.kit.codes import NOT_FOUND, OK, TOKEN_INVALID, RefusedError
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, ok, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

ACTIVITY_S: Final = 30 * 60


@operation(
    "activity.token",
    "GET",
    "/v1/activities/{activity_id}/token",
    ActivityTokenReply,
    codes=(OK, NOT_FOUND, CIRCUIT_OPEN),
    sample=Sample(),
)
async def token(node: ServiceNode, request: Request) -> Reply:
    """Leave for this customer to claim in this activity, for half an hour; held back while there is no risk decision."""
    activity = await node.one(Campaigns).activity(request.path[0], STALE_S)
    await node.one(Suppliers).decide(uuid4().hex, request.customer_no)
    signed, expires_at_ms = node.signer.issue("activity", f"{request.customer_no}/{activity.id}", ACTIVITY_S)
    return ok({"activity_token": signed, "expires_at_ms": expires_at_ms})


token_by_post = replace(token, id="activity.token.post", method="POST")


@operation(
    "claim.submit",
    "POST",
    "/v1/activities/{activity_id}/claims",
    ClaimReply,
    codes=(OK, SOLD_OUT, LIMIT_REACHED, ALREADY_CLAIMED, *CLOSED),
    body=ClaimBody,
    effectful=True,
    keyed=True,
    unhashed=frozenset({"activity_token"}),
    sample=Sample({"sku": "{tag}", "batch_id": "{tag}", "activity_token": "{activity_token}"}),
)
async def submit(node: ServiceNode, request: Request) -> Reply:
    """Claim a prize, once per key, within the window and the caps, while there is stock."""
    body: ClaimBody = request.body
    activity_id = request.path[0]
    if node.signer.open("activity", body.activity_token) != f"{request.customer_no}/{activity_id}":
        raise RefusedError(TOKEN_INVALID, "this activity_token is for another customer or activity")
    return await effect(node, "campaign.claim", request, activity_id, body.sku, body.batch_id, request.device)


@operation("claim.status", "GET", "/v1/claims/{claim_id}", ClaimReply, codes=(OK, NOT_FOUND), sample=Sample())
async def status(node: ServiceNode, request: Request) -> Reply:
    """How a claim of this customer ended; its id is CL-<key>, so it can be asked for after an unknown outcome."""
    prefix, key = request.path[0][:3], request.path[0][3:]
    row = await node.database.row(
        "select 'OK', data from campaign.idempotency where idempotency_key = $1 and customer_no = $2 and operation = 'claim.submit'",
        key if prefix == "CL-" else "",
        request.customer_no,
    )
    return reply_of(row) if row is not None else Reply(NOT_FOUND)
