"""What is said of an identity."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.operation import Body


class KycBody(Body):
    """The number of the identity document."""

    id_no: Annotated[str, Field(min_length=6, max_length=40, pattern=r"^[0-9A-Za-z-]+$")]


class KycReply(BaseModel):
    """How the verification ended."""

    kyc_id: str
    state: Literal["VERIFIED", "REJECTED"]
    at_ms: int


class ProofReply(BaseModel):
    """That this customer has been verified and when, signed for the bank's other services."""

    kyc_id: str
    verified_at_ms: int
    verification_token: str


class KycRow(BaseModel):
    """A verified identity, read back without its number."""

    effect_id: str
    idempotency_key: str
    customer_no: str
    state: str
    at_ms: int
    site: str
