"""What the first-bind discount takes and gives."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class FirstBindBody(Body):
    """The bank's proof that a card has been bound."""

    campaign_id: Name
    binding_token: str


class FirstBindReply(BaseModel):
    """The coupon, if there is one."""

    bind_id: str
    state: Literal["GRANTED", "REJECTED"]
    amount_fen: int
    coupon_code: str | None
    at_ms: int


class FirstBindRow(BaseModel):
    """A discount that was given, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    amount_fen: int
    state: str
    at_ms: int
    site: str
