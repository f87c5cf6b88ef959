"""What payouts take and give."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name, PositiveFen
from mock_bank.services.kit.operation import Body


class Payout(Body):
    """Money from the campaign to a customer, once per payout key."""

    payout_key: Name
    customer_no: Name
    amount_fen: PositiveFen
    kind: Name


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
