"""What payments take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name, PositiveFen
from mock_bank.services.kit.operation import Body


class PaymentBody(Body):
    """A payment to a merchant."""

    account_id: Name
    merchant: Name
    order_id: Name
    amount_fen: PositiveFen


class PaymentReply(BaseModel):
    """How a payment stands."""

    payment_id: str
    state: Literal["SUCCESS", "FAILED", "REVERSED"]
    rsp_code: str
    amount_fen: int
    at_ms: int


class ReceiptReply(BaseModel):
    """What was paid and when, signed for the bank's other services."""

    payment_id: str
    amount_fen: int
    at_ms: int
    receipt_token: str


class ReversalBody(Body):
    """Why a payment is taken back, whole."""

    reason: str = ""


class ReversalReply(BaseModel):
    """How a reversal stands."""

    reversal_id: str
    payment_id: str
    state: Literal["SUCCESS", "FAILED"]
    rsp_code: str
    amount_fen: int
    at_ms: int


class PaymentRow(BaseModel):
    """A payment, read back."""

    payment_id: str
    idempotency_key: str
    customer_no: str
    account_id: str
    merchant: str
    order_id: str
    amount_fen: int
    state: str
    rsp_code: str
    at_ms: int
    site: str


class ReversalRow(BaseModel):
    """A reversal, read back."""

    reversal_id: str
    payment_id: str
    idempotency_key: str
    customer_no: str
    amount_fen: int
    reason: str
    state: str
    at_ms: int
    site: str
