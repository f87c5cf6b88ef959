"""Collections and statements, read back."""

from mock_bank.services.bank.collections.models import CollectionRow, StatementRow
from mock_bank.services.kit.read_back import ReadBackTable

COLLECTIONS = ReadBackTable(
    "collections",
    "/bank/v1/ops/collections",
    "collection_id",
    CollectionRow,
    """select collection_id, idempotency_key, customer_no, from_account, to_account, substr(to_account, 4) as merchant_no,
              order_id, amount_fen, 'PAID' as state, bank.epoch_ms(at) as at_ms, site
         from bank.collections where collection_id > $1 order by collection_id limit $2""",
)
STATEMENTS = ReadBackTable(
    "statements",
    "/bank/v1/ops/statements",
    "statement_id",
    StatementRow,
    """select account_id || ' ' || day as statement_id, account_id, day::text, orders, total_fen
         from bank.statements where account_id || ' ' || day > $1 order by 1 limit $2""",
)
