"""A campaign's status for everybody, and what the operator does with it."""

from mock_bank.services.campaign.campaigns.campaigns import Campaigns, now_ms
from mock_bank.services.campaign.campaigns.codes import ALREADY_EXISTS, KILL_SWITCH_TRIPPED
from mock_bank.services.campaign.campaigns.models import (
    CampaignBody,
    CampaignReply,
    CreatedReply,
    Plan,
    StateBody,
    StateReply,
    TimeReply,
)
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, ok, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import FRESH_S

SAMPLE = Sample(
    {
        "id": "{tag}",
        "start_at": "2000-01-01T00:00:00Z",
        "end_at": "2200-01-01T00:00:00Z",
        "activities": [
            {
                "id": "{tag}",
                "opens_at": "2000-01-01T00:00:00Z",
                "closes_at": "2200-01-01T00:00:00Z",
                "skus": [{"sku": "{tag}", "batch": "{tag}", "stock": 1, "face_fen": 1}],
            }
        ],
        "redpacket": {"pool_fen": 1},
        "lottery": [{"id": "{tag}", "ppm": 1_000_000, "stock": 1, "face_fen": 1}],
        "budgets": [{"bucket": "first-bind", "limit_fen": 10}, {"bucket": "compensation", "limit_fen": 10}],
        "first_bind": {"face_fen": 1},
        "bundle": {"face_fen": 1, "coupons": 1},
        "compensation": {"face_fen": 1},
        "goods": [{"id": "{tag}", "points": 1, "face_fen": 1}],
    }
)


@operation(
    "campaign.get", "GET", "/v1/campaigns/{campaign_id}", CampaignReply, codes=(OK, NOT_FOUND), access=Access.PUBLIC, sample=Sample()
)
async def get(node: ServiceNode, request: Request) -> Reply:
    """A campaign's status by the server's clock."""
    campaign = await node.one(Campaigns).campaign(request.path[0], FRESH_S)
    at_ms = now_ms()
    return ok(
        {
            "campaign_id": campaign.id,
            "name": campaign.name,
            "status": campaign.status(at_ms),
            "start_at_ms": campaign.start_at_ms,
            "end_at_ms": campaign.end_at_ms,
            "server_time_ms": at_ms,
            "rule_version": campaign.rule_version,
        }
    )


@operation("time.get", "GET", "/v1/time", TimeReply, access=Access.PUBLIC, sample=Sample())
async def time(_node: ServiceNode, _request: Request) -> Reply:
    """The server's clock."""
    return Reply(OK, b'{"server_time_ms":%d}' % now_ms())


@operation(
    "campaign.create",
    "POST",
    "/v1/ops/campaigns",
    CreatedReply,
    codes=(OK, ALREADY_EXISTS),
    body=CampaignBody,
    access=Access.OPERATOR,
    effectful=True,
    sample=SAMPLE,
)
async def create(node: ServiceNode, request: Request) -> Reply:
    """Create a campaign; with replace, what was there of it, effects and all, is taken away first."""
    body: Plan = request.body
    row = await node.database.row("select campaign.create_campaign($1, $2)", body.model_dump_json(), node.site)
    return ok({"campaign_id": body.id}) if row[0] == OK else Reply(row[0])


@operation(
    "campaign.pause",
    "POST",
    "/v1/ops/campaigns/{campaign_id}/pause",
    StateReply,
    codes=(OK, NOT_FOUND),
    body=StateBody,
    access=Access.OPERATOR,
    effectful=True,
)
async def pause(node: ServiceNode, request: Request) -> Reply:
    """Pause; once this is answered, no grant is made."""
    return await _set_state(node, request, "PAUSED", "campaign.pause")


@operation(
    "campaign.resume",
    "POST",
    "/v1/ops/campaigns/{campaign_id}/resume",
    StateReply,
    codes=(OK, NOT_FOUND, KILL_SWITCH_TRIPPED),
    body=StateBody,
    access=Access.OPERATOR,
    effectful=True,
)
async def resume(node: ServiceNode, request: Request) -> Reply:
    """Go on; also takes a draft live. What the kill switch has paused does not go on by one operator."""
    return await _set_state(node, request, "OPEN", "campaign.resume")


async def _set_state(node: ServiceNode, request: Request, state: str, action: str) -> Reply:
    body: StateBody = request.body
    return reply_of(
        await node.database.row(
            "select code, data from campaign.set_state($1, $2, $3, $4, $5, $6)",
            request.path[0],
            state,
            body.actor,
            action,
            body.reason,
            node.site,
        )
    )
