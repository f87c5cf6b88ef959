"""What coupons take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Fen, Name
from mock_bank.services.kit.operation import Body


class Coupon(BaseModel):
    """A coupon of the customer."""

    coupon_code: str
    claim_id: str
    kind: str
    activity_id: str
    sku: str
    batch_id: str
    amount_fen: int
    state: Literal["GRANTED", "REDEEMED"]
    way: Literal["supplier", "desk"] | None
    at_ms: int


class CouponsReply(BaseModel):
    """The customer's coupons, newest first, at most 100."""

    coupons: list[Coupon]


class RedeemBody(Body):
    """For which order, and the coupon's amount as the customer was shown it."""

    order_id: Name
    amount_fen: Fen


class RedeemReply(BaseModel):
    """How a redemption ended."""

    redemption_id: str
    coupon_code: str
    state: Literal["REDEEMED", "REJECTED"]
    amount_fen: int
    pays_by: str | None
    at_ms: int


class RedemptionRow(BaseModel):
    """A redeemed coupon, read back."""

    coupon_code: str
    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    order_id: str
    amount_fen: int
    pays_by: str | None
    state: str
    at_ms: int
    site: str
