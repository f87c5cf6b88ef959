"""What invitations take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class InviteBody(Body):
    """For which campaign."""

    campaign_id: Name


class InviteReply(BaseModel):
    """The code to share."""

    invite_id: str
    invite_code: str
    at_ms: int


class AcceptReply(BaseModel):
    """Whose invitation was accepted."""

    acceptance_id: str
    inviter: str
    state: Literal["ACCEPTED", "REJECTED"]
    at_ms: int


class VerifyBody(Body):
    """The bank's proof that the customer has been verified."""

    verification_token: str


class VerifyReply(BaseModel):
    """For whom this friend counts."""

    verification_id: str
    inviter: str
    state: Literal["VERIFIED", "REJECTED"]
    at_ms: int


class ProgressReply(BaseModel):
    """How far a customer's invitations have come; the coupon, once it is earned."""

    campaign_id: str
    needed: int
    invited: int
    verified: int
    coupon_code: str | None
    amount_fen: int | None


class InviteRow(BaseModel):
    """A code that was shared, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    state: str
    at_ms: int
    site: str


class FriendRow(InviteRow):
    """Somebody who accepted an invitation, or was verified after it, read back."""

    inviter: str
