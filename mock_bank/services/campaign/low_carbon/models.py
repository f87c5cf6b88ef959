"""What low-carbon points take and give."""

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class DeedBody(Body):
    """The bank's receipt, which came without paper."""

    campaign_id: Name
    receipt_token: str


class DeedReply(BaseModel):
    """What it earned."""

    deed_id: str
    points: int
    at_ms: int


class DeedRow(BaseModel):
    """A deed that was counted, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    payment: str
    points: int
    state: str
    at_ms: int
    site: str
