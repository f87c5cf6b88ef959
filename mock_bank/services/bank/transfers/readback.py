"""Transfers, read back."""

from mock_bank.services.bank.transfers.models import TransferRow
from mock_bank.services.kit.read_back import ReadBackTable

TRANSFERS = ReadBackTable(
    "transfers",
    "/bank/v1/ops/transfers",
    "transfer_id",
    TransferRow,
    """select transfer_id, idempotency_key, customer_no, from_account, to_account, amount_fen, purpose, state, rsp_code,
              challenge_id, new_device, bank.epoch_ms(at) as at_ms, site
         from bank.transfers where transfer_id > $1 order by transfer_id limit $2""",
)
