"""What the task ladder takes and gives."""

from typing import Annotated

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class CompleteBody(Body):
    """Which rung, and the bank's receipt for the payment that it was done by."""

    campaign_id: Name
    rung: Annotated[int, Field(ge=1, le=20)]
    receipt_token: str


class CompleteReply(BaseModel):
    """The rung, and the red packet that is won by it."""

    step_id: str
    rung: int
    redpacket_id: str | None
    at_ms: int


class StepRow(BaseModel):
    """A rung that a customer has done, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    rung: int
    payment_id: str
    state: str
    at_ms: int
    site: str
