"""The outbox, read back."""

from pydantic import BaseModel

from mock_bank.services.kit.read_back import ReadBackTable


class OutboxRow(BaseModel):
    """A payout that the campaign owes or has paid."""

    payout_key: str
    campaign_id: str
    customer_no: str
    kind: str
    amount_fen: int
    pays_by: str
    state: str
    attempts: int
    error: str | None
    at_ms: int
    settled_at_ms: int | None
    site: str


OUTBOX = ReadBackTable(
    "outbox",
    "/v1/ops/outbox",
    "payout_key",
    OutboxRow,
    """select payout_key, campaign_id, customer_no, kind, amount_fen, pays_by::text, state, attempts, error,
              campaign.epoch_ms(created_at) as at_ms, campaign.epoch_ms(settled_at) as settled_at_ms, site
         from campaign.outbox where payout_key > $1 order by payout_key limit $2""",
)
