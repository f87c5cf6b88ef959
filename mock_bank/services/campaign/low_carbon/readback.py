"""Low-carbon points, read back: for which receipts."""

from mock_bank.services.campaign.low_carbon.models import DeedRow
from mock_bank.services.kit.read_back import ReadBackTable

DEEDS = ReadBackTable(
    "carbon-points",
    "/v1/ops/carbon-points",
    "effect_id",
    DeedRow,
    """select deed_id as effect_id, idempotency_key, campaign_id, customer_no, payment, points, 'EARNED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.carbon_points where deed_id > $1 order by deed_id limit $2""",
)
