"""What sending money abroad takes and gives."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from mock_bank.services.kit.field_types import Name, PositiveFen
from mock_bank.services.kit.operation import Body


class PrivilegeBody(Body):
    """What sending costs; and from when until when, and how often each, gold customers are spared it."""

    fee_fen: PositiveFen
    free: Annotated[int, Field(ge=0, le=1000, strict=True)]
    free_from: AwareDatetime
    free_until: AwareDatetime
    actor: str = "operator"
    reason: str = "campaign"


class PrivilegeReply(BaseModel):
    """What holds from now on."""

    fee_fen: int
    free: int


class RemittanceQuoteBody(Body):
    """Which foreign money is to be sent: that of a deal."""

    deal_id: Name


class RemittanceQuoteReply(BaseModel):
    """What sending it costs, and until when that holds."""

    quote_id: str
    deal_id: str
    state: Literal["QUOTED", "REJECTED"]
    fee_fen: int
    expires_at_ms: int


class RemittanceBody(Body):
    """The quote, and the account that its fee is paid from."""

    from_account: Name
    quote_id: Name


class RemittanceReply(BaseModel):
    """How sending ended."""

    remittance_id: str
    quote_id: str
    state: Literal["SENT", "REJECTED"]
    fee_fen: int
    at_ms: int


class RemittanceQuoteRow(BaseModel):
    """A quote, read back."""

    quote_id: str
    idempotency_key: str
    customer_no: str
    deal_id: str
    fee_fen: int
    state: str
    at_ms: int
    site: str


class RemittanceRow(BaseModel):
    """A remittance, read back."""

    remittance_id: str
    idempotency_key: str
    quote_id: str
    deal_id: str
    customer_no: str
    from_account: str
    fee_fen: int
    state: str
    at_ms: int
    site: str
