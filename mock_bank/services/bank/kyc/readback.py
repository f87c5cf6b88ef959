"""Verified identities, read back."""

from mock_bank.services.bank.kyc.models import KycRow
from mock_bank.services.kit.read_back import ReadBackTable

KYC = ReadBackTable(
    "kyc",
    "/bank/v1/ops/kyc",
    "effect_id",
    KycRow,
    """select kyc_id as effect_id, idempotency_key, customer_no, 'VERIFIED' as state, bank.epoch_ms(at) as at_ms, site
         from bank.kyc where kyc_id > $1 order by kyc_id limit $2""",
)
