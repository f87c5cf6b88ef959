"""What is said of calls."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body

Line = Literal["hotline", "video"]


class CallBody(Body):
    """With whom somebody wants to speak."""

    campaign_id: Name
    line: Line


class CallReply(BaseModel):
    """How a call stands, and how many wait before it."""

    call_id: str
    line: Line
    state: Literal["WAITING", "ANSWERED"]
    ahead: int
    at_ms: int
    answered_at_ms: int | None


class CallRow(BaseModel):
    """A call, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    line: str
    state: str
    at_ms: int
    answered_at_ms: int | None
    site: str
