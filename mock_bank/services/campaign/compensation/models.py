"""What compensation gives."""

from typing import Literal

from pydantic import BaseModel


class CompensationReply(BaseModel):
    """The coupon, if there is one."""

    compensation_id: str
    state: Literal["GRANTED", "REJECTED"]
    amount_fen: int
    coupon_code: str | None
    at_ms: int


class CompensationRow(BaseModel):
    """A compensation that was given, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    ticket_id: str
    amount_fen: int
    state: str
    at_ms: int
    site: str
