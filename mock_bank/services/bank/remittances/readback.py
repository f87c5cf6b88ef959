"""Quotes of fees, and what was sent for them, read back."""

from mock_bank.services.bank.remittances.models import RemittanceQuoteRow, RemittanceRow
from mock_bank.services.kit.read_back import ReadBackTable

QUOTES = ReadBackTable(
    "remittance-quotes",
    "/bank/v1/ops/remittance-quotes",
    "quote_id",
    RemittanceQuoteRow,
    """select quote_id, idempotency_key, customer_no, deal_id, fee_fen, 'QUOTED' as state, bank.epoch_ms(at) as at_ms, site
         from bank.remittance_quotes where quote_id > $1 order by quote_id limit $2""",
)
REMITTANCES = ReadBackTable(
    "remittances",
    "/bank/v1/ops/remittances",
    "remittance_id",
    RemittanceRow,
    """select remittance_id, idempotency_key, quote_id, deal_id, customer_no, from_account, fee_fen, 'SENT' as state,
              bank.epoch_ms(at) as at_ms, site
         from bank.remittances where remittance_id > $1 order by remittance_id limit $2""",
)
