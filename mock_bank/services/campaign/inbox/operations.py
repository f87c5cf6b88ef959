"""The inbox, what is pushed to the phone, and reading a letter."""

from typing import Final

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import CLOSED_TO_ALL
from mock_bank.services.campaign.inbox.campaign_part import INBOX
from mock_bank.services.campaign.inbox.models import InboxReply, PushBody, PushReply, ReadBody, ReadReply
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

PUSH_CAP_REACHED: Final = Code("PUSH_CAP_REACHED", 409, "this customer was bothered often enough today")
NOTHING_TO_PUSH: Final = Code("NOTHING_TO_PUSH", 409, "this customer was told of all letters")
ALREADY_READ: Final = Code("ALREADY_READ", 409, "this letter has been read")


@operation("inbox.get", "GET", "/v1/campaigns/{campaign_id}/inbox", InboxReply, codes=(OK, NOT_FOUND), sample=Sample())
async def inbox(node: ServiceNode, request: Request) -> Reply:
    """How many letters are unread, and those that this customer has read."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    rows = await node.database.rows(
        "select read_id, letter, campaign.epoch_ms(at) from campaign.letter_reads where campaign_id = $1 and customer_no = $2 order by at",
        campaign.id,
        request.customer_no,
    )
    letters = INBOX.of(campaign.parts).letters
    read = [{"read_id": row[0], "letter": row[1], "at_ms": row[2]} for row in rows]
    return ok({"letters": letters, "unread": letters - len(read), "read": read})


@operation(
    "push.next",
    "POST",
    "/v1/pushes",
    PushReply,
    codes=(OK, PUSH_CAP_REACHED, NOTHING_TO_PUSH, *CLOSED_TO_ALL),
    body=PushBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}"}),
)
async def push(node: ServiceNode, request: Request) -> Reply:
    """Ask what the phone is to tell: the next letter, each once, so many a day on all devices together."""
    body: PushBody = request.body
    return await effect(node, "campaign.push_letter", request, body.campaign_id)


@operation(
    "letter.read",
    "POST",
    "/v1/letters/reads",
    ReadReply,
    codes=(OK, NOT_FOUND, ALREADY_READ),
    body=ReadBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "letter": 1}),
)
async def read(node: ServiceNode, request: Request) -> Reply:
    """Read a letter, which is unread no longer."""
    body: ReadBody = request.body
    return await effect(node, "campaign.read_letter", request, body.campaign_id, body.letter)
