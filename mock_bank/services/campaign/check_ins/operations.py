"""Checking in, and the streak."""

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import ALREADY_CLAIMED, CLOSED
from mock_bank.services.campaign.check_ins.models import CheckinBody, CheckinReply, StreakReply
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S


@operation(
    "checkin.post",
    "POST",
    "/v1/checkins",
    CheckinReply,
    codes=(OK, ALREADY_CLAIMED, *CLOSED),
    body=CheckinBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}"}),
)
async def check_in(node: ServiceNode, request: Request) -> Reply:
    """Today's check-in, once a day; it earns a red packet."""
    body: CheckinBody = request.body
    return await effect(node, "campaign.check_in", request, body.campaign_id)


@operation("streak.get", "GET", "/v1/campaigns/{campaign_id}/streak", StreakReply, codes=(OK, NOT_FOUND), sample=Sample())
async def streak(node: ServiceNode, request: Request) -> Reply:
    """The customer's streak: alive while yesterday or today has a check-in."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    row = await node.database.row(
        """select 'OK', json_build_object('campaign_id', $1::text, 'date', campaign.today(),
                  'streak', coalesce((array_agg(streak order by day desc))[1], 0),
                  'checked_in_today', coalesce(max(day) = campaign.today(), false))::text
             from campaign.checkins where campaign_id = $1 and customer_no = $2 and day >= campaign.today() - 1""",
        campaign.id,
        request.customer_no,
    )
    return reply_of(row)
