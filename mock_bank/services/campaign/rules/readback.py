"""Acceptances of rules, read back."""

from mock_bank.services.campaign.rules.models import AcceptanceRow
from mock_bank.services.kit.read_back import ReadBackTable

ACCEPTANCES = ReadBackTable(
    "rule-acceptances",
    "/v1/ops/rule-acceptances",
    "effect_id",
    AcceptanceRow,
    """select acceptance_id as effect_id, idempotency_key, campaign_id, customer_no, version, 'ACCEPTED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.rule_acceptances where acceptance_id > $1 order by acceptance_id limit $2""",
)
