"""What is said of stock."""

from typing import Annotated

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name, Text
from mock_bank.services.kit.operation import Body


class SkuStock(BaseModel):
    """A prize's stock, at most 100 ms old."""

    sku: str
    batch_id: str
    face_fen: int
    total: int
    granted: int
    remaining: int


class StockReply(BaseModel):
    """An activity's stock."""

    activity_id: str
    server_time_ms: int
    opens_at_ms: int
    closes_at_ms: int
    skus: list[SkuStock]


class ReplenishBody(Body):
    """More stock of a prize."""

    activity_id: Name
    sku: Name
    batch: Name
    quantity: Annotated[int, Field(ge=1, le=100_000_000)]
    actor: Text
    reason: Text


class ReplenishReply(BaseModel):
    """The stock's two sources now."""

    initial: int
    replenished: int


class StockRow(BaseModel):
    """Stock of one prize, read back: granted + remaining = initial + replenished, or something is wrong."""

    stock_id: int
    campaign_id: str
    activity_id: str
    sku: str
    batch: str
    face_fen: int
    initial: int
    replenished: int
    granted: int
    remaining: int
