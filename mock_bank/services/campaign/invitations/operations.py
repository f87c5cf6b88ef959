"""Sharing a code, coming by one, being verified, and how far it has come."""

from typing import Final

from mock_bank.services.campaign.campaigns.campaigns import Campaigns, now_ms
from mock_bank.services.campaign.campaigns.codes import CLOSED
from mock_bank.services.campaign.invitations.models import (
    AcceptReply,
    InviteBody,
    InviteReply,
    ProgressReply,
    VerifyBody,
    VerifyReply,
)
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

ALREADY_INVITING: Final = Code("ALREADY_INVITING", 409, "the customer has a code already")
ALREADY_INVITED: Final = Code("ALREADY_INVITED", 409, "the customer has been invited already")
ALREADY_COUNTED: Final = Code("ALREADY_COUNTED", 409, "the customer has been counted already")
INVITE_UNKNOWN: Final = Code("INVITE_UNKNOWN", 409, "nobody shares this code")
SELF_INVITED: Final = Code("SELF_INVITED", 409, "nobody invites themselves")
NOT_NEW: Final = Code("NOT_NEW", 409, "the customer had been verified before the invitation was accepted")


@operation(
    "invite.create",
    "POST",
    "/v1/invites",
    InviteReply,
    codes=(OK, ALREADY_INVITING, *CLOSED),
    body=InviteBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}"}, customer="{tag}-host"),
)
async def create(node: ServiceNode, request: Request) -> Reply:
    """The customer's code to share, made once."""
    body: InviteBody = request.body
    return await effect(node, "campaign.invite", request, body.campaign_id)


@operation(
    "invite.accept",
    "POST",
    "/v1/invites/{invite_code}/acceptances",
    AcceptReply,
    codes=(OK, ALREADY_INVITED, SELF_INVITED, INVITE_UNKNOWN, *CLOSED),
    effectful=True,
    keyed=True,
    sample=Sample(),
)
async def accept(node: ServiceNode, request: Request) -> Reply:
    """Come by somebody's code; the first counts."""
    return await effect(node, "campaign.accept_invite", request, request.path[0])


@operation(
    "invite.verify",
    "POST",
    "/v1/acceptances/{acceptance_id}/verifications",
    VerifyReply,
    codes=(OK, ALREADY_COUNTED, NOT_NEW, *CLOSED),
    body=VerifyBody,
    effectful=True,
    keyed=True,
    unhashed=frozenset({"verification_token"}),
    sample=Sample({"verification_token": "{tag}"}),
)
async def verify(node: ServiceNode, request: Request) -> Reply:
    """Count as a friend, by the bank's proof; the last that is needed earns the inviter a coupon."""
    body: VerifyBody = request.body
    return await effect(node, "campaign.verify_invitee", request, request.path[0], _verified_ms(node, request, body.verification_token))


def _verified_ms(node: ServiceNode, request: Request, token: str) -> int:
    """When the bank verified this customer, as it has signed; a node that is being warmed up has nobody to ask for a proof."""
    if node.alone:
        return now_ms() + 60_000
    (at_ms,) = node.signer.open_for(request.customer_no, "kyc", token)
    return int(at_ms)


@operation("invite.progress", "GET", "/v1/campaigns/{campaign_id}/invitations", ProgressReply, codes=(OK, NOT_FOUND), sample=Sample())
async def progress(node: ServiceNode, request: Request) -> Reply:
    """How many friends have come and how many are needed; the coupon, once it is earned."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    row = await node.database.row("select campaign.invite_progress($1, $2)", campaign.id, request.customer_no)
    return Reply(OK, row[0].encode()) if row[0] is not None else Reply(NOT_FOUND)
