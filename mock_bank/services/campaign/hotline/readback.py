"""Calls, read back."""

from mock_bank.services.campaign.hotline.models import CallRow
from mock_bank.services.kit.read_back import ReadBackTable

CALLS = ReadBackTable(
    "calls",
    "/v1/ops/calls",
    "effect_id",
    CallRow,
    """select call_id as effect_id, idempotency_key, campaign_id, customer_no, line,
              case when answered_at is null then 'WAITING' else 'ANSWERED' end as state, campaign.epoch_ms(at) as at_ms,
              campaign.epoch_ms(answered_at) as answered_at_ms, site
         from campaign.conversations where call_id > $1 order by call_id limit $2""",
)
