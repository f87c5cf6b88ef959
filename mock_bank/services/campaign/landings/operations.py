"""What a link shows, to which link a customer is owed, and which links brought most."""

from typing import Final

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import ENDED
from mock_bank.services.campaign.landings.models import CHANNELS, AttributeBody, AttributeReply, LandingReply, SourcesReply
from mock_bank.services.kit.codes import BAD_PARAM, NOT_FOUND, OK, Code, RefusedError
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

ALREADY_ATTRIBUTED: Final = Code("ALREADY_ATTRIBUTED", 409, "this customer came by an earlier link")
_LINK_LONGEST: Final = 40


def _channel(request: Request) -> str:
    channel = request.query.get("channel", "")
    if channel not in CHANNELS:
        raise RefusedError(BAD_PARAM, f"channel: one of {', '.join(CHANNELS)}")
    return channel


@operation(
    "landing.get",
    "GET",
    "/v1/campaigns/{campaign_id}/landing",
    LandingReply,
    codes=(OK, NOT_FOUND),
    query={"channel": ", ".join(CHANNELS), "link": "whose it is"},
    access=Access.PUBLIC,
    sample=Sample(query="channel=social&link=1"),
)
async def landing(node: ServiceNode, request: Request) -> Reply:
    """What a link shows to anybody, from memory: neither the bank nor, mostly, the database is asked."""
    channel, link = _channel(request), request.query.get("link", "")
    if not 0 < len(link) <= _LINK_LONGEST:
        raise RefusedError(BAD_PARAM, f"link: 1 to {_LINK_LONGEST} characters")
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    return ok({"campaign_id": campaign.id, "title": campaign.name, "channel": channel, "link": link})


@operation(
    "landing.attribute",
    "POST",
    "/v1/attributions",
    AttributeReply,
    codes=(OK, ALREADY_ATTRIBUTED, NOT_FOUND, ENDED),
    body=AttributeBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "channel": "social", "link": "1"}),
)
async def attribute(node: ServiceNode, request: Request) -> Reply:
    """Say by which link a customer came; the first one counts."""
    body: AttributeBody = request.body
    return await effect(node, "campaign.attribute", request, body.campaign_id, body.channel, body.link)


@operation(
    "landing.rank",
    "GET",
    "/v1/campaigns/{campaign_id}/sources",
    SourcesReply,
    codes=(OK, NOT_FOUND),
    query={"channel": ", ".join(CHANNELS)},
    access=Access.PUBLIC,
    sample=Sample(query="channel=branch"),
)
async def rank(node: ServiceNode, request: Request) -> Reply:
    """The ten links of a channel that brought most; of equal ones by name, so that every node says the same."""
    channel = _channel(request)
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    rows = await node.database.rows(
        """select link, sum(customers)::bigint as brought from campaign.sources where campaign_id = $1 and channel = $2
            group by link order by brought desc, link limit 10""",
        campaign.id,
        channel,
    )
    return ok({"sources": [{"rank": n, "link": row[0], "customers": row[1]} for n, row in enumerate(rows, 1)]})
