"""What rights by tier take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body

Tier = Literal["new", "active", "gold"]


class RightBody(Body):
    """Whose right is wanted, and the bank's proof of what the customer is."""

    campaign_id: Name
    tier: Tier
    tier_token: str


class RightReply(BaseModel):
    """How claiming ended."""

    right_id: str
    tier: Tier
    state: Literal["GRANTED", "REJECTED"]
    at_ms: int


class RightRow(BaseModel):
    """A right that was granted, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    tier: str
    state: str
    at_ms: int
    site: str
