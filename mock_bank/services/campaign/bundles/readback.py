"""Bundles, read back."""

from mock_bank.services.campaign.bundles.models import BundleRow
from mock_bank.services.kit.read_back import ReadBackTable

BUNDLES = ReadBackTable(
    "bundles",
    "/v1/ops/bundles",
    "effect_id",
    BundleRow,
    """select bundle_id as effect_id, idempotency_key, campaign_id, customer_no, monthly_fen, amount_fen, state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.bundles where bundle_id > $1 order by bundle_id limit $2""",
)
