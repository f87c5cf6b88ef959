"""What a slot shows."""

import asyncio
import logging
from typing import Final, Literal

from pydantic import BaseModel

from mock_bank.services.campaign.campaigns.campaigns import Campaigns, CampaignView
from mock_bank.services.campaign.zone.campaign_part import ZONE, Item
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import BAD_PARAM, RefusedError
from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

WAITS_S: Final = 0.5
"""The longest that a slot waits for the database."""

_PLAIN: Final = (Item(id="bank", title="手机银行"),)
"""For everybody, where nothing is known of any campaign."""

log = logging.getLogger("mock_bank")


class ExposureReply(BaseModel):
    """What a slot of the app shows; whether that is what was last known, or the plain item, because the database is away."""

    slot: Literal["carousel", "popup", "zone"]
    items: list[Item]
    cap_remaining: int
    stale: bool


@operation(
    "exposure.get",
    "GET",
    "/v1/exposure",
    ExposureReply,
    query={"slot": "carousel, popup or zone"},
    access=Access.PUBLIC,
    sample=Sample(query="slot=zone"),
    gives_way=GivesWay.FIRST,
)
async def exposure(node: ServiceNode, request: Request) -> Reply:
    """What a slot shows; without anything configured, the campaigns themselves. While the database is away, what was last known."""
    slot = request.query.get("slot", "")
    if slot not in {"carousel", "popup", "zone"}:
        raise RefusedError(BAD_PARAM, "slot: one of carousel, popup, zone")
    campaigns, stale = await _known(node)
    items = [
        item for campaign in campaigns for item in getattr(ZONE.of(campaign.parts), slot) or [Item(id=campaign.id, title=campaign.name)]
    ]
    shown = [item.model_dump() for item in items[:10] or (_PLAIN if stale else ())]
    return ok({"slot": slot, "items": shown, "cap_remaining": 1 if slot == "popup" else 99, "stale": stale})


async def _known(node: ServiceNode) -> tuple[list[CampaignView], bool]:
    """All campaigns; and whether they are only those that were last known."""
    campaigns = node.one(Campaigns)
    try:
        async with asyncio.timeout(WAITS_S):
            await campaigns.all(STALE_S)
    except (*DATABASE_ERRORS, TimeoutError) as error:
        log.info("what was last known is shown: %s", error)
        return campaigns.last_known()[0], True
    return campaigns.last_known()
