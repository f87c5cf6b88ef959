"""Check-ins, read back."""

from mock_bank.services.campaign.check_ins.models import CheckinRow
from mock_bank.services.kit.read_back import ReadBackTable

CHECK_INS = ReadBackTable(
    "checkins",
    "/v1/ops/checkins",
    "effect_id",
    CheckinRow,
    """select checkin_id as effect_id, idempotency_key, campaign_id, customer_no, day, streak, redpacket_id, 0 as amount_fen,
              'DONE' as state, campaign.epoch_ms(at) as at_ms, site
         from campaign.checkins where checkin_id > $1 order by checkin_id limit $2""",
)
