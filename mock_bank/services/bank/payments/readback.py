"""Payments and reversals, read back."""

from mock_bank.services.bank.payments.models import PaymentRow, ReversalRow
from mock_bank.services.kit.read_back import ReadBackTable

PAYMENTS = ReadBackTable(
    "payments",
    "/bank/v1/ops/payments",
    "payment_id",
    PaymentRow,
    """select payment_id, idempotency_key, customer_no, account_id, merchant, order_id, amount_fen, state, rsp_code,
              bank.epoch_ms(at) as at_ms, site
         from bank.payments where payment_id > $1 order by payment_id limit $2""",
)
REVERSALS = ReadBackTable(
    "reversals",
    "/bank/v1/ops/reversals",
    "payment_id",
    ReversalRow,
    """select reversal_id, payment_id, idempotency_key, customer_no, amount_fen, reason, 'SUCCESS' as state,
              bank.epoch_ms(at) as at_ms, site
         from bank.reversals where payment_id > $1 order by payment_id limit $2""",
)
