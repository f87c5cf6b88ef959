"""What the lottery takes and gives."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.campaign.lottery.campaign_part import LotteryPrize
from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class LotteryReply(BaseModel):
    """The prizes and their odds, as they are published."""

    prizes: list[LotteryPrize]


class ChanceBody(Body):
    """The bank's receipt for a payment."""

    campaign_id: Name
    receipt_token: str


class ChanceReply(BaseModel):
    """A chance to draw."""

    chance_id: str
    at_ms: int


class DrawBody(Body):
    """Which chance is drawn."""

    chance_id: Name


class DrawReply(BaseModel):
    """What a chance has come to."""

    draw_id: str
    chance_id: str
    result: Literal["WON", "LOST", "REJECTED"]
    prize: str | None
    amount_fen: int
    coupon_code: str | None
    at_ms: int


class ChanceRow(BaseModel):
    """A chance, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    payment_id: str
    state: str
    at_ms: int
    site: str


class DrawRow(BaseModel):
    """A chance that was drawn, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    chance_id: str
    prize: str | None
    amount_fen: int
    state: str
    at_ms: int
    site: str


class PrizeRow(BaseModel):
    """A prize of the lottery and how many of it are left, read back."""

    prize_id: int
    campaign_id: str
    prize: str
    ppm: int
    face_fen: int
    stock: int
    granted: int
    remaining: int
