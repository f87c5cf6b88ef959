"""Teams, read back: who joined them, what was scored, and how they stand."""

from mock_bank.services.campaign.teams.models import MemberRow, ScoreRow, TeamRow
from mock_bank.services.kit.read_back import ReadBackTable

MEMBERS = ReadBackTable(
    "team-members",
    "/v1/ops/team-members",
    "effect_id",
    MemberRow,
    """select member_id as effect_id, idempotency_key, campaign_id, customer_no, team, 'JOINED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.team_members where member_id > $1 order by member_id limit $2""",
)
SCORES = ReadBackTable(
    "team-scores",
    "/v1/ops/team-scores",
    "effect_id",
    ScoreRow,
    """select score_id as effect_id, idempotency_key, campaign_id, customer_no, team, payment_id, points, 'SCORED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.team_points where score_id > $1 order by score_id limit $2""",
)
TEAMS = ReadBackTable(
    "teams",
    "/v1/ops/teams",
    "team_id",
    TeamRow,
    """select campaign_id || ' ' || team as team_id, campaign_id, team, members, score
         from campaign.teams where campaign_id || ' ' || team > $1 order by 1 limit $2""",
)
