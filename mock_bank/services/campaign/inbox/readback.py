"""The message centre, read back: what was pushed, and what was read."""

from mock_bank.services.campaign.inbox.models import PushRow, ReadRow
from mock_bank.services.kit.read_back import ReadBackTable

PUSHES = ReadBackTable(
    "pushes",
    "/v1/ops/pushes",
    "effect_id",
    PushRow,
    """select push_id as effect_id, idempotency_key, campaign_id, customer_no, letter, 'PUSHED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.pushes where push_id > $1 order by push_id limit $2""",
)
READS = ReadBackTable(
    "letter-reads",
    "/v1/ops/letter-reads",
    "effect_id",
    ReadRow,
    """select read_id as effect_id, idempotency_key, campaign_id, customer_no, letter, 'READ' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.letter_reads where read_id > $1 order by read_id limit $2""",
)
