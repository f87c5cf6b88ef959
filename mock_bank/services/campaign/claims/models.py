"""What claims take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class ActivityTokenReply(BaseModel):
    """Leave for one customer to claim in one activity."""

    activity_token: str
    expires_at_ms: int


class ClaimBody(Body):
    """What is claimed."""

    sku: Name
    batch_id: Name
    activity_token: str


class ClaimReply(BaseModel):
    """How a claim ended."""

    claim_id: str
    state: Literal["GRANTED", "SOLD_OUT", "REJECTED"]
    reason: str | None
    coupon_code: str | None
    sku: str
    batch_id: str
    amount_fen: int
    at_ms: int


class ClaimRow(BaseModel):
    """The terminal state of a claim, read back by idempotency key."""

    idempotency_key: str
    effect_id: str
    customer_no: str
    campaign_id: str
    code: str
    state: str
    sku: str
    batch: str
    amount_fen: int
    at_ms: int
    site: str
