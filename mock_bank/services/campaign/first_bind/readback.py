"""First-bind discounts, read back."""

from mock_bank.services.campaign.first_bind.models import FirstBindRow
from mock_bank.services.kit.read_back import ReadBackTable

FIRST_BINDS = ReadBackTable(
    "first-binds",
    "/v1/ops/first-binds",
    "effect_id",
    FirstBindRow,
    """select bind_id as effect_id, idempotency_key, campaign_id, customer_no, amount_fen, 'GRANTED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.first_binds where bind_id > $1 order by bind_id limit $2""",
)
