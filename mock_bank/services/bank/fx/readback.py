"""Quotes and deals, read back."""

from mock_bank.services.bank.fx.models import DealRow, QuoteRow
from mock_bank.services.kit.read_back import ReadBackTable

QUOTES = ReadBackTable(
    "fx-quotes",
    "/bank/v1/ops/fx-quotes",
    "quote_id",
    QuoteRow,
    """select quote_id, idempotency_key, customer_no, currency, foreign_cents, rate_ppm, amount_fen, 'QUOTED' as state,
              bank.epoch_ms(at) as at_ms, site
         from bank.fx_quotes where quote_id > $1 order by quote_id limit $2""",
)
DEALS = ReadBackTable(
    "fx-deals",
    "/bank/v1/ops/fx-deals",
    "deal_id",
    DealRow,
    """select deal_id, idempotency_key, quote_id, customer_no, from_account, amount_fen, 'DONE' as state, bank.epoch_ms(at) as at_ms, site
         from bank.fx_deals where deal_id > $1 order by deal_id limit $2""",
)
