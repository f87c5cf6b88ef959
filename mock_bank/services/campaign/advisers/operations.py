"""Which hours of advisers are free, and booking one."""

from typing import Final

from mock_bank.services.campaign.advisers.campaign_part import ADVISERS
from mock_bank.services.campaign.advisers.models import BookBody, BookReply, BookVipBody, SlotsReply
from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import CLOSED_TO_ALL
from mock_bank.services.campaign.memberships.tiers import NOT_ENTITLED, tier_of
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
    """The hours that are free, the earliest first, a hundred at most; and so many of those that are gold customers' alone."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    row = await node.database.row(
        """select array(select slot from campaign.adviser_slots
                         where campaign_id = $1 and not taken and slot <= campaign.vip_from() order by slot limit 100),
                  array(select slot from campaign.adviser_slots
                         where campaign_id = $1 and not taken and slot > campaign.vip_from() order by slot limit 100)""",
        campaign.id,
    )
    return ok({"slots": ADVISERS.of(campaign.parts).slots, "free": row[0], "vip_free": row[1]})


@operation(
    "adviser.book",
    "POST",
    "/v1/advisers/bookings",
    BookReply,
    codes=(OK, SLOT_TAKEN, ALREADY_BOOKED, *CLOSED_TO_ALL),
    body=BookBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "slot": 1}),
)
async def book(node: ServiceNode, request: Request) -> Reply:
    """Book an hour of an adviser's: one customer has it, and no second one."""
    body: BookBody = request.body
    return await effect(node, "campaign.book_adviser", request, body.campaign_id, body.slot)


@operation(
    "adviser.book-vip",
    "POST",
    "/v1/advisers/vip-bookings",
    BookReply,
    codes=(OK, SLOT_TAKEN, ALREADY_BOOKED, NOT_ENTITLED, *CLOSED_TO_ALL),
    body=BookVipBody,
    effectful=True,
    keyed=True,
    unhashed=frozenset({"tier_token"}),
    sample=Sample({"campaign_id": "{campaign_id}", "slot": 100_001, "tier_token": "{tag}"}, customer="{tag}-vip"),
)
async def book_vip(node: ServiceNode, request: Request) -> Reply:
    """Book an hour that is gold customers' alone, with the bank's proof of being one."""
    body: BookVipBody = request.body
    tier = tier_of(node, request, body.tier_token)
    return await effect(node, "campaign.book_vip_hour", request, body.campaign_id, body.slot, tier)
