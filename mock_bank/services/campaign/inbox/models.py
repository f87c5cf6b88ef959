"""What the message centre takes and gives."""

from typing import Annotated

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class PushBody(Body):
    """Of which campaign."""

    campaign_id: Name


class PushReply(BaseModel):
    """The letter that the phone is told of; null where it is told of none."""

    push_id: str
    letter: int | None
    at_ms: int


class ReadBody(Body):
    """Which letter, by its number."""

    campaign_id: Name
    letter: Annotated[int, Field(ge=1, le=100)]


class ReadReply(BaseModel):
    """How many are unread now."""

    read_id: str
    letter: int
    unread: int
    at_ms: int


class ReadLetter(BaseModel):
    """A letter that has been read."""

    read_id: str
    letter: int
    at_ms: int


class InboxReply(BaseModel):
    """The badge, and what has been read."""

    letters: int
    unread: int
    read: list[ReadLetter]


class PushRow(BaseModel):
    """A push, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    letter: int
    state: str
    at_ms: int
    site: str


class ReadRow(PushRow):
    """A letter that was read, read back."""
