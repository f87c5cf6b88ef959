"""What red packets give."""

from typing import Literal

from pydantic import BaseModel


class OpenReply(BaseModel):
    """What was in the red packet."""

    redpacket_id: str
    state: Literal["OPENED", "REJECTED"]
    amount_fen: int
    pays_by: str | None
    at_ms: int


class RedpacketRow(BaseModel):
    """A red packet, read back, opened (then with key and amount) or not."""

    effect_id: str
    idempotency_key: str | None
    campaign_id: str
    customer_no: str
    day: str
    amount_fen: int
    pays_by: str | None
    state: str
    at_ms: int | None
    site: str


class PoolRow(BaseModel):
    """A campaign's pool, read back: when it can be drawn from, what it holds and what has left it."""

    campaign_id: str
    opens_at_ms: int
    closes_at_ms: int
    pool_fen: int
    pool_out_fen: int
    packets: int
    packets_out: int
    min_fen: int
    max_fen: int
