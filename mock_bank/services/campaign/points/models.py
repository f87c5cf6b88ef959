"""What points take and give."""

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class EarnBody(Body):
    """The bank's receipt for a payment."""

    campaign_id: Name
    receipt_token: str


class EarnReply(BaseModel):
    """What a payment has earned."""

    entry_id: str
    points: int
    times: int
    balance: int
    at_ms: int


class PointsReply(BaseModel):
    """A customer's points."""

    campaign_id: str
    balance: int


class EntryRow(BaseModel):
    """A gain or a loss, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    points: int
    kind: str
    ref: str
    state: str
    at_ms: int
    site: str


class BalanceRow(BaseModel):
    """A balance, read back."""

    balance_id: str
    campaign_id: str
    customer_no: str
    points: int
