"""What the robot takes and gives."""

from typing import Annotated

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class MessageBody(Body):
    """What a customer asks, in their own words."""

    campaign_id: Name
    text: Annotated[str, Field(min_length=1)]


class MessageReply(BaseModel):
    """What the robot took it for, and its answer; neither where it does not know."""

    contact_id: str
    intent: str | None
    answer: str | None
    resolved: bool


class ContactRow(BaseModel):
    """A contact, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    intent: str | None
    state: str
    at_ms: int
    site: str
