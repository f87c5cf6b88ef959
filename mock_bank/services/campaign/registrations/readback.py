"""Codes and registrations, read back."""

from mock_bank.services.campaign.registrations.models import CodeRow, RegistrationRow
from mock_bank.services.kit.read_back import ReadBackTable

CODES = ReadBackTable(
    "sms-codes",
    "/v1/ops/sms-codes",
    "effect_id",
    CodeRow,
    """select code_id as effect_id, idempotency_key, campaign_id, customer_no, wrong, 'SENT' as state, campaign.epoch_ms(at) as at_ms, site
         from campaign.sms_codes where code_id > $1 order by code_id limit $2""",
)
REGISTRATIONS = ReadBackTable(
    "registrations",
    "/v1/ops/registrations",
    "effect_id",
    RegistrationRow,
    """select registration_id as effect_id, idempotency_key, campaign_id, customer_no, code_id, 'REGISTERED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.registrations where registration_id > $1 order by registration_id limit $2""",
)
