"""Redemptions, read back."""

from mock_bank.services.campaign.coupons.models import RedemptionRow
from mock_bank.services.kit.read_back import ReadBackTable

REDEMPTIONS = ReadBackTable(
    "redemptions",
    "/v1/ops/redemptions",
    "coupon_code",
    RedemptionRow,
    """select coupon_code, redemption_id as effect_id, idempotency_key, campaign_id, customer_no, order_id, amount_fen,
              'REDEEMED' as state, campaign.epoch_ms(at) as at_ms, site
         from campaign.redemptions where coupon_code > $1 order by coupon_code limit $2""",
)
