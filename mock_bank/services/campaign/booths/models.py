"""What the gift at a booth takes and gives."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class GiftBody(Body):
    """Of which campaign."""

    campaign_id: Name


class GiftReply(BaseModel):
    """How asking for it ended."""

    gift_id: str
    state: Literal["GIVEN", "REJECTED"]
    at_ms: int


class GiftRow(BaseModel):
    """A gift, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    registration_id: str
    state: str
    at_ms: int
    site: str
