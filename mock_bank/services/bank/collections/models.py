"""What collections take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name, PositiveFen
from mock_bank.services.kit.operation import Body


class CollectBody(Body):
    """A merchant's order, and the account that it is paid from."""

    from_account: Name
    merchant_no: Name
    order_id: Name
    amount_fen: PositiveFen


class CollectReply(BaseModel):
    """How paying it ended."""

    collection_id: str
    state: Literal["PAID", "REJECTED"]
    amount_fen: int
    at_ms: int


class StatementReply(BaseModel):
    """What a merchant has collected today."""

    orders: int
    total_fen: int


class CollectionRow(BaseModel):
    """An order that was paid, read back."""

    collection_id: str
    idempotency_key: str
    customer_no: str
    from_account: str
    to_account: str
    merchant_no: str
    order_id: str
    amount_fen: int
    state: str
    at_ms: int
    site: str


class StatementRow(BaseModel):
    """A merchant's day, read back."""

    statement_id: str
    account_id: str
    day: str
    orders: int
    total_fen: int
