"""Which hours of advisers are free, and booking one."""

from typing import Final

from mock_bank.services.campaign.advisers.campaign_part import ADVISERS
from mock_bank.services.campaign.advisers.models import BookBody, BookReply, SlotsReply
from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import CLOSED
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

SLOT_TAKEN: Final = Code("SLOT_TAKEN", 409, "this hour is another customer's")
ALREADY_BOOKED: Final = Code("ALREADY_BOOKED", 409, "this customer has an hour")


@operation(
    "adviser.slots", "GET", "/v1/campaigns/{campaign_id}/advisers", SlotsReply, codes=(OK, NOT_FOUND), access=Access.PUBLIC, sample=Sample()
)
async def slots(node: ServiceNode, request: Request) -> Reply:
    """The hours that are free, the earliest first, a hundred at most."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    rows = await node.database.rows(
        "select slot from campaign.adviser_slots where campaign_id = $1 and not taken order by slot limit 100", campaign.id
    )
    return ok({"slots": ADVISERS.of(campaign.parts).slots, "free": [row[0] for row in rows]})


@operation(
    "adviser.book",
    "POST",
    "/v1/advisers/bookings",
    BookReply,
    codes=(OK, SLOT_TAKEN, ALREADY_BOOKED, *CLOSED),
    body=BookBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "slot": 1}),
)
async def book(node: ServiceNode, request: Request) -> Reply:
    """Book an hour of an adviser's: one customer has it, and no second one."""
    body: BookBody = request.body
    return await effect(node, "campaign.book_adviser", request, body.campaign_id, body.slot)
