"""What is said of orders for more of a prize."""

from typing import Literal

from pydantic import BaseModel


class OrderRow(BaseModel):
    """An order, read back: what it was for, why it was made, whom it was put to, and how it ended."""

    order_id: str
    campaign_id: str
    activity_id: str
    sku: str
    batch: str
    units: int
    remaining: int
    went: int
    window_ms: int
    lead_ms: int
    at_ms: int
    gone_ms: int | None
    asked: str
    refused_by: str
    state: Literal["OPEN", "DELIVERED", "REFUSED"]
    ended_ms: int | None
    site: str
