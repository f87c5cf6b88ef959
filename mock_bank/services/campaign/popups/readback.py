"""Pop-ups, read back: whom they were shown."""

from mock_bank.services.campaign.popups.models import PopupRow
from mock_bank.services.kit.read_back import ReadBackTable

POPUPS = ReadBackTable(
    "popups",
    "/v1/ops/popups",
    "effect_id",
    PopupRow,
    """select popup_id as effect_id, idempotency_key, campaign_id, customer_no, view, 'SHOWN' as state, campaign.epoch_ms(at) as at_ms, site
         from campaign.popups where popup_id > $1 order by popup_id limit $2""",
)
