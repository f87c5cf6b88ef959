"""Payouts, read back."""

from mock_bank.services.bank.payouts.models import PayoutRow
from mock_bank.services.kit.read_back import ReadBackTable

PAYOUTS = ReadBackTable(
    "payouts",
    "/bank/v1/ops/payouts",
    "payout_key",
    PayoutRow,
    """select payout_key, customer_no, account_id, amount_fen, kind, 'PAID' as state, bank.epoch_ms(at) as at_ms, site
         from bank.payouts where payout_key > $1 order by payout_key limit $2""",
)
