"""What the bank takes and gives."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.api import Body

Fen = Annotated[int, Field(ge=0, le=10**15, strict=True)]
PositiveFen = Annotated[int, Field(ge=1, le=10**12, strict=True)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,80}$")]


class LoginBody(Body):
    """Who logs in, from which device."""

    no: Name
    phone: str
    device: str = ""


class Session(BaseModel):
    """A session token and what it opens."""

    token: str
    expires_at_ms: int
    customer_no: str
    accounts: list[str]


class Balance(BaseModel):
    """An account's balance."""

    account_id: str
    balance_fen: int
    at_ms: int


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
    """How a transfer stands."""

    transfer_id: str
    state: Literal["SUCCESS", "FAILED"]
    rsp_code: str
    amount_fen: int
    at_ms: int


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


class NewCustomer(Body):
    """A customer to enrol, with a first balance."""

    no: Name
    name: str
    phone: str
    id_no: str = ""
    card_no: str = ""
    device: str = ""
    opening_balance_fen: Fen = 0


class EnrolBody(Body):
    """Customers to enrol; those who are enrolled already stay as they are."""

    customers: Annotated[list[NewCustomer], Field(min_length=1, max_length=2000)]
    actor: str = "operator"
    reason: str = "enrol"


class EnrolReply(BaseModel):
    """How many of them are new."""

    enrolled: int
    already: int


class Payout(Body):
    """Money from the campaign to a customer, once per payout key."""

    payout_key: Name
    customer_no: Name
    amount_fen: PositiveFen
    kind: Literal["redpacket", "coupon"]


class PayoutsBody(Body):
    """A batch of payouts."""

    payouts: Annotated[list[Payout], Field(min_length=1, max_length=500)]


class PayoutResult(BaseModel):
    """What became of one payout."""

    payout_key: str
    state: Literal["PAID", "REJECTED", "MISMATCH"]


class PayoutsReply(BaseModel):
    """What became of each payout."""

    results: list[PayoutResult]


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
    at_ms: int
    site: str


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


class PayoutRow(BaseModel):
    """A campaign's payout, read back."""

    payout_key: str
    customer_no: str
    account_id: str
    amount_fen: int
    kind: str
    state: str
    at_ms: int
    site: str


class PostingRow(BaseModel):
    """One leg of a double entry, read back."""

    posting_id: str
    txn_id: str
    account_id: str
    debit_fen: int
    credit_fen: int
    at_ms: int
    site: str


class AccountRow(BaseModel):
    """An account, read back: kept balance of a customer, sum of postings of an internal one (which may be negative)."""

    account_id: str
    customer_no: str | None
    balance_fen: int


class AuditRow(BaseModel):
    """What an operator did, read back."""

    audit_id: int
    at_ms: int
    actor: str
    action: str
    target: str
    reason: str
    before: dict[str, object] | None
    after: dict[str, object] | None
    site: str
