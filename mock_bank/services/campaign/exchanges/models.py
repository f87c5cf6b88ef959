"""What exchanges take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.campaign.exchanges.campaign_part import Good
from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class GoodsReply(BaseModel):
    """What there is for points."""

    goods: list[Good]


class ExchangeBody(Body):
    """What is wanted."""

    campaign_id: Name
    goods_id: Name


class ExchangeReply(BaseModel):
    """How an exchange stands."""

    order_id: str
    goods_id: str
    points_debited: int
    state: Literal["PENDING", "FULFILLED", "REFUNDED", "REJECTED"]


class ExchangeRow(BaseModel):
    """An exchange, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    goods_id: str
    points: int
    face_fen: int
    state: str
    at_ms: int
    site: str
