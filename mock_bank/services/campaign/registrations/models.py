"""What registration takes and gives."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class CodeBody(Body):
    """Where the customer wants to register."""

    campaign_id: Name


class CodeReply(BaseModel):
    """That a code has been sent, and until when it is good."""

    code_id: str
    expires_at_ms: int


class RegisterBody(Body):
    """The code that was sent."""

    campaign_id: Name
    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class RegisterReply(BaseModel):
    """How the registration ended."""

    registration_id: str
    state: Literal["REGISTERED", "REJECTED"]
    at_ms: int


class CodeRow(BaseModel):
    """A code that was sent, read back without the code."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    wrong: int
    state: str
    at_ms: int
    site: str


class RegistrationRow(BaseModel):
    """A registration, and which code it was done with, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    code_id: str
    state: str
    at_ms: int
    site: str
