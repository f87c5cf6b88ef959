"""Points, read back: each entry, and each balance."""

from mock_bank.services.campaign.points.models import BalanceRow, EntryRow
from mock_bank.services.kit.read_back import ReadBackTable

ENTRIES = ReadBackTable(
    "points",
    "/v1/ops/points",
    "effect_id",
    EntryRow,
    """select entry_id as effect_id, idempotency_key, campaign_id, customer_no, points, kind, ref, 'DONE' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.points_entries where entry_id > $1 order by entry_id limit $2""",
)
BALANCES = ReadBackTable(
    "points-balances",
    "/v1/ops/points-balances",
    "balance_id",
    BalanceRow,
    """select * from (select campaign_id || '/' || customer_no as balance_id, campaign_id, customer_no, balance as points
                        from campaign.points_accounts) b
        where balance_id > $1 order by balance_id limit $2""",
)
