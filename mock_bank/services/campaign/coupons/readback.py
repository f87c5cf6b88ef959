"""Redemptions, with the supplier and by hand, read back."""

from mock_bank.services.campaign.coupons.models import RedemptionRow
from mock_bank.services.kit.read_back import ReadBackTable

_ROWS = """select r.coupon_code, r.redemption_id as effect_id, r.idempotency_key, r.campaign_id, r.customer_no, r.order_id, r.amount_fen,
                  o.pays_by::text, 'REDEEMED' as state, campaign.epoch_ms(r.at) as at_ms, r.site
             from campaign.redemptions r left join campaign.outbox o on o.payout_key = r.redemption_id
            where r.coupon_code > $1 and r.way = '{way}' order by r.coupon_code limit $2"""

REDEMPTIONS = ReadBackTable("redemptions", "/v1/ops/redemptions", "coupon_code", RedemptionRow, _ROWS.replace("{way}", "supplier"))
MANUAL_REDEMPTIONS = ReadBackTable(
    "manual-redemptions", "/v1/ops/manual-redemptions", "coupon_code", RedemptionRow, _ROWS.replace("{way}", "desk")
)
