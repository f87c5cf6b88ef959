"""Joining a team, scoring for it, and which are the best."""

from typing import Final

from mock_bank.services.campaign.campaigns.campaigns import Campaigns
from mock_bank.services.campaign.campaigns.codes import CLOSED
from mock_bank.services.campaign.receipts.receipts import paid
from mock_bank.services.campaign.teams.models import JoinBody, JoinReply, ScoreBody, ScoreReply, TeamsReply
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, effect, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.snapshot_cache import STALE_S

TEAM_FULL: Final = Code("TEAM_FULL", 409, "this team has as many members as a team may have")
ALREADY_IN_TEAM: Final = Code("ALREADY_IN_TEAM", 409, "this customer is in a team")
NOT_IN_TEAM: Final = Code("NOT_IN_TEAM", 409, "this customer is in no team")
CONTEST_OVER: Final = Code("CONTEST_OVER", 409, "the teams' contest is over")
ALREADY_SCORED: Final = Code("ALREADY_SCORED", 409, "this payment has scored")


@operation(
    "team.join",
    "POST",
    "/v1/teams/members",
    JoinReply,
    codes=(OK, TEAM_FULL, ALREADY_IN_TEAM, CONTEST_OVER, *CLOSED),
    body=JoinBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "team": "1"}),
)
async def join(node: ServiceNode, request: Request) -> Reply:
    """Join a team, which comes into being with its first member."""
    body: JoinBody = request.body
    return await effect(node, "campaign.join_team", request, body.campaign_id, body.team)


@operation(
    "team.score",
    "POST",
    "/v1/teams/scores",
    ScoreReply,
    codes=(OK, NOT_IN_TEAM, ALREADY_SCORED, CONTEST_OVER, *CLOSED),
    body=ScoreBody,
    effectful=True,
    keyed=True,
    sample=Sample({"campaign_id": "{campaign_id}", "receipt_token": "{member_id}"}),
)
async def score(node: ServiceNode, request: Request) -> Reply:
    """What a payment scores for the customer's team, once, by the bank's receipt."""
    body: ScoreBody = request.body
    receipt = paid(node, request, body.receipt_token)
    return await effect(node, "campaign.score_for_team", request, body.campaign_id, receipt.payment, receipt.amount_fen)


@operation(
    "team.rank", "GET", "/v1/campaigns/{campaign_id}/teams", TeamsReply, codes=(OK, NOT_FOUND), access=Access.PUBLIC, sample=Sample()
)
async def rank(node: ServiceNode, request: Request) -> Reply:
    """The ten best teams; of equal ones who was there earlier, then by name, so that every node says the same."""
    campaign = await node.one(Campaigns).campaign(request.path[0], STALE_S)
    return reply_of(await node.database.row("select * from campaign.rank_teams($1)", campaign.id))
