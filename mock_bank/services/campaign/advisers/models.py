"""What advisers' hours take and give."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class SlotsReply(BaseModel):
    """How many hours there are, and which of them are free."""

    slots: int
    free: list[int]
    vip_free: list[int]


class BookBody(Body):
    """Which hour, by its number."""

    campaign_id: Name
    slot: Annotated[int, Field(ge=1, le=10_000)]


class BookVipBody(Body):
    """Which of the hours that are gold customers' alone, and the bank's proof of being one."""

    campaign_id: Name
    slot: Annotated[int, Field(ge=100_001, le=110_000)]
    tier_token: str


class BookReply(BaseModel):
    """How booking ended."""

    booking_id: str
    slot: int
    state: Literal["BOOKED", "REJECTED"]
    at_ms: int


class BookingRow(BaseModel):
    """Whose an hour is, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    slot: str
    state: str
    at_ms: int
    site: str
