"""Gifts of booths, read back: who has one, and for which registration."""

from mock_bank.services.campaign.booths.models import GiftRow
from mock_bank.services.kit.read_back import ReadBackTable

GIFTS = ReadBackTable(
    "booth-gifts",
    "/v1/ops/booth-gifts",
    "effect_id",
    GiftRow,
    """select gift_id as effect_id, idempotency_key, campaign_id, customer_no, registration_id, 'GIVEN' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.booth_gifts where gift_id > $1 order by gift_id limit $2""",
)
