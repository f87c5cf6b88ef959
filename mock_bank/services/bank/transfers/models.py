"""What transfers take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name, PositiveFen
from mock_bank.services.kit.operation import Body


class TransferBody(Body):
    """A transfer between customers' accounts."""

    from_account: Name
    to_account: Name
    amount_fen: PositiveFen
    currency: Literal["CNY"] = "CNY"
    purpose: str = ""


class PrecheckReply(BaseModel):
    """Whether a transfer would go through now."""

    allowed: bool
    reason: str | None
    payee_name: str
    fee_fen: int


class TransferReply(BaseModel):
    """How a transfer stands; where nothing is done yet, what is to be answered before it is, and until when."""

    transfer_id: str | None = None
    state: Literal["SUCCESS", "FAILED", "CHALLENGED"]
    rsp_code: str
    amount_fen: int
    at_ms: int
    challenge_id: str | None = None
    answer_by_ms: int | None = None


class TransferRow(BaseModel):
    """A transfer, read back."""

    transfer_id: str
    idempotency_key: str
    customer_no: str
    from_account: str
    to_account: str
    amount_fen: int
    purpose: str
    state: str
    rsp_code: str
    challenge_id: str
    new_device: bool
    at_ms: int
    site: str
