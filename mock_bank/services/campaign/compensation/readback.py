"""Compensations, read back."""

from mock_bank.services.campaign.compensation.models import CompensationRow
from mock_bank.services.kit.read_back import ReadBackTable

COMPENSATIONS = ReadBackTable(
    "compensations",
    "/v1/ops/compensations",
    "effect_id",
    CompensationRow,
    """select compensation_id as effect_id, idempotency_key, campaign_id, customer_no, ticket_id, amount_fen, 'GRANTED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.compensations where compensation_id > $1 order by compensation_id limit $2""",
)
