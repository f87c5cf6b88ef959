"""Everything that was granted, read back."""

from pydantic import BaseModel

from mock_bank.services.kit.read_back import ReadBackTable


class GrantRow(BaseModel):
    """A prize (kind claim), what else earned a coupon (kind invite), or an opened red packet (kind redpacket)."""

    effect_id: str
    kind: str
    idempotency_key: str
    customer_no: str
    campaign_id: str
    activity_id: str
    batch: str
    day: str
    sku: str
    amount_fen: int
    rules: int | None
    state: str
    at_ms: int
    site: str


GRANTS = ReadBackTable(
    "grants",
    "/v1/ops/grants",
    "effect_id",
    GrantRow,
    """select * from (
           (select claim_id as effect_id, kind, idempotency_key, customer_no, campaign_id, activity_id, batch,
                   day, sku, amount_fen, rules, 'GRANTED' as state, campaign.epoch_ms(at) as at_ms, site
              from campaign.grants where claim_id > $1 order by claim_id limit $2)
           union all
           (select redpacket_id, 'redpacket', idempotency_key, customer_no, campaign_id, '', '', day, '', amount_fen,
                   null, 'GRANTED', campaign.epoch_ms(opened_at), site
              from campaign.redpackets where redpacket_id > $1 and state = 'OPENED' order by redpacket_id limit $2)
       ) both_kinds order by effect_id limit $2""",
)
