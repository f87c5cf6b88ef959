"""What a slot shows."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.zone.campaign_part import ZONE, Item
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import BAD_PARAM, RefusedError
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S


class ExposureReply(BaseModel):
    """What a slot of the app shows."""

    slot: Literal["carousel", "popup", "zone"]
    items: list[Item]
    cap_remaining: int


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
    """What a slot shows; without anything configured, the campaigns themselves. Old news will do when the database is away."""
    slot = request.query.get("slot", "")
    if slot not in {"carousel", "popup", "zone"}:
        raise RefusedError(BAD_PARAM, "slot: one of carousel, popup, zone")
    items = [
        {"id": item.id, "title": item.title}
        for campaign in await node.one(Campaigns).all(STALE_S)
        for item in getattr(ZONE.of(campaign.parts), slot) or [Item(id=campaign.id, title=campaign.name)]
    ]
    return ok({"slot": slot, "items": items[:10], "cap_remaining": 1 if slot == "popup" else 99})
