"""What the rules page takes and gives."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class RulesReply(BaseModel):
    """The rules in force."""

    version: int
    text: str
    server_time_ms: int


class AcceptBody(Body):
    """The version that the customer has read."""

    campaign_id: Name
    version: Annotated[int, Field(ge=1, le=1000)]


class AcceptReply(BaseModel):
    """Whether it is accepted, and the version in force where it is not."""

    acceptance_id: str
    version: int
    state: Literal["ACCEPTED", "REJECTED"]
    at_ms: int


class AcceptanceRow(BaseModel):
    """Who has accepted what, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    version: int
    state: str
    at_ms: int
    site: str
