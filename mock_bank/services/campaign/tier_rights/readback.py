"""Rights by tier, read back: who has them, a table for each."""

from mock_bank.services.campaign.tier_rights.models import RightRow
from mock_bank.services.kit.read_back import ReadBackTable


def _rights(tier: str) -> ReadBackTable:
    return ReadBackTable(
        f"{tier}-rights",
        f"/v1/ops/{tier}-rights",
        "effect_id",
        RightRow,
        f"""select right_id as effect_id, idempotency_key, campaign_id, customer_no, tier, 'GRANTED' as state,
              campaign.epoch_ms(at) as at_ms, site
         from campaign.tier_rights where right_id > $1 and tier = '{tier}' order by right_id limit $2""",  # noqa: S608 - our own words
    )


NEW, ACTIVE, GOLD = _rights("new"), _rights("active"), _rights("gold")
