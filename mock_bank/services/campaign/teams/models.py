"""What teams take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class JoinBody(Body):
    """Of which campaign's teams, and which of them."""

    campaign_id: Name
    team: Name


class JoinReply(BaseModel):
    """How joining ended."""

    member_id: str
    team: str
    state: Literal["JOINED", "REJECTED"]
    at_ms: int


class ScoreBody(Body):
    """The bank's receipt for a payment."""

    campaign_id: Name
    receipt_token: str


class ScoreReply(BaseModel):
    """What a payment has scored for the customer's team."""

    score_id: str
    team: str
    points: int
    at_ms: int


class TeamEntry(BaseModel):
    """A team in the list."""

    rank: int
    team: str
    members: int
    score: int


class TeamsReply(BaseModel):
    """The best, the first one first, as they stood at one moment."""

    as_of_ms: int
    teams: list[TeamEntry]


class MemberRow(BaseModel):
    """Who has joined which team, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    team: str
    state: str
    at_ms: int
    site: str


class ScoreRow(BaseModel):
    """What a payment has scored for which team, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    team: str
    payment_id: str
    points: int
    state: str
    at_ms: int
    site: str


class TeamRow(BaseModel):
    """A team, read back."""

    team_id: str
    campaign_id: str
    team: str
    members: int
    score: int
