"""The zone page."""

from pydantic import BaseModel

from mock_bank.services.campaign.campaigns.campaigns import ActivityView, Campaigns
from mock_bank.services.campaign.zone.campaign_part import ZONE, Item
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S


class ZoneReply(BaseModel):
    """The zone page's configuration."""

    campaign_id: str
    rule_version: str
    blocks: list[Item]
    activities: list[ActivityView]


@operation("zone.get", "GET", "/v1/campaigns/{campaign_id}/zone", ZoneReply, codes=(OK, NOT_FOUND), access=Access.PUBLIC, sample=Sample())
async def zone(node: ServiceNode, request: Request) -> Reply:
    """The zone page's configuration."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    blocks = [item.__dict__ for item in ZONE.of(campaign.parts).zone]
    activities = [activity.__dict__ for activity in campaign.activities]
    return ok({"campaign_id": campaign.id, "rule_version": campaign.rule_version, "blocks": blocks, "activities": activities})
