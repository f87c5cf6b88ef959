"""The task ladder, read back: who has done which rung."""

from mock_bank.services.campaign.ladder.models import StepRow
from mock_bank.services.kit.read_back import ReadBackTable

STEPS = ReadBackTable(
    "ladder-steps",
    "/v1/ops/ladder-steps",
    "effect_id",
    StepRow,
    """select step_id as effect_id, idempotency_key, campaign_id, customer_no, rung, payment_id, 'DONE' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.ladder_steps where step_id > $1 order by step_id limit $2""",
)
