"""Bound cards, read back."""

from mock_bank.services.bank.cards.models import CardRow
from mock_bank.services.kit.read_back import ReadBackTable

CARDS = ReadBackTable(
    "cards",
    "/bank/v1/ops/cards",
    "effect_id",
    CardRow,
    """select card_token as effect_id, idempotency_key, customer_no, 'BOUND' as state, bank.epoch_ms(at) as at_ms, site
         from bank.cards where card_token > $1 order by card_token limit $2""",
)
