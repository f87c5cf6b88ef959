"""Exchanges, read back."""

from mock_bank.services.campaign.exchanges.models import ExchangeRow
from mock_bank.services.kit.read_back import ReadBackTable

EXCHANGES = ReadBackTable(
    "exchanges",
    "/v1/ops/exchanges",
    "effect_id",
    ExchangeRow,
    """select order_id as effect_id, idempotency_key, campaign_id, customer_no, goods_id, points, face_fen, state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.exchanges where order_id > $1 order by order_id limit $2""",
)
