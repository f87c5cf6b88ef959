"""What quotes and deals take and give."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body

Currency = Literal["USD", "EUR", "HKD"]


class QuoteBody(Body):
    """How much of which money is wanted."""

    currency: Currency
    foreign_cents: Annotated[int, Field(ge=1, le=10**9, strict=True)]


class QuoteReply(BaseModel):
    """What it costs, and until when."""

    quote_id: str
    currency: Currency
    foreign_cents: int
    rate_ppm: int
    amount_fen: int
    expires_at_ms: int


class DealBody(Body):
    """The quote, and the account that it is paid from."""

    from_account: Name
    quote_id: Name


class DealReply(BaseModel):
    """How dealing ended."""

    deal_id: str
    quote_id: str
    state: Literal["DONE", "REJECTED"]
    amount_fen: int
    at_ms: int


class QuoteRow(BaseModel):
    """A quote, read back."""

    quote_id: str
    idempotency_key: str
    customer_no: str
    currency: str
    foreign_cents: int
    rate_ppm: int
    amount_fen: int
    state: str
    at_ms: int
    site: str


class DealRow(BaseModel):
    """A deal, read back."""

    deal_id: str
    idempotency_key: str
    quote_id: str
    customer_no: str
    from_account: str
    amount_fen: int
    state: str
    at_ms: int
    site: str
