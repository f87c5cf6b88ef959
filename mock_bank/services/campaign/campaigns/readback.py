"""Activities, read back."""

from mock_bank.services.campaign.campaigns.models import ActivityRow
from mock_bank.services.kit.read_back import ReadBackTable

ACTIVITIES = ReadBackTable(
    "activities",
    "/v1/ops/activities",
    "activity_id",
    ActivityRow,
    """select a.activity_id, a.campaign_id, campaign.phase(c, now()) as campaign_state, campaign.epoch_ms(c.start_at) as start_at_ms,
              campaign.epoch_ms(c.end_at) as end_at_ms, campaign.epoch_ms(a.opens_at) as opens_at_ms,
              campaign.epoch_ms(a.closes_at) as closes_at_ms, a.per_customer_cap, a.per_batch_cap, a.per_day_cap, c.budget_fen
         from campaign.activities a join campaign.campaigns c using (campaign_id)
        where a.activity_id > $1 order by a.activity_id limit $2""",
)
