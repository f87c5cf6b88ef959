"""What check-ins take and give."""

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class CheckinBody(Body):
    """Which campaign's check-in."""

    campaign_id: Name


class CheckinReply(BaseModel):
    """Today's check-in (of the first success, if it was not this one)."""

    checkin_id: str | None
    date: str
    streak: int
    redpacket_id: str | None
    at_ms: int


class StreakReply(BaseModel):
    """The customer's streak as of today, by Shanghai's calendar."""

    campaign_id: str
    date: str
    streak: int
    checked_in_today: bool


class CheckinRow(BaseModel):
    """A check-in, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    day: str
    streak: int
    redpacket_id: str
    amount_fen: int
    state: str
    at_ms: int
    site: str
