"""The rows of the campaign's read-back."""

from pydantic import BaseModel


class StockRow(BaseModel):
    """Stock of one prize: granted + remaining = initial + replenished, or something is wrong."""

    stock_id: int
    campaign_id: str
    activity_id: str
    sku: str
    batch: str
    face_fen: int
    initial: int
    replenished: int
    granted: int
    remaining: int


class GrantRow(BaseModel):
    """A prize (kind claim) or an opened red packet (kind redpacket)."""

    effect_id: str
    kind: str
    idempotency_key: str
    customer_no: str
    campaign_id: str
    activity_id: str
    batch: str
    day: str
    sku: str
    amount_fen: int
    state: str
    at_ms: int
    site: str


class ClaimRow(BaseModel):
    """The terminal state of a claim, by idempotency key."""

    idempotency_key: str
    effect_id: str
    customer_no: str
    campaign_id: str
    code: str
    state: str
    sku: str
    batch: str
    amount_fen: int
    at_ms: int
    site: str


class RedemptionRow(BaseModel):
    """A redeemed coupon."""

    coupon_code: str
    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    order_id: str
    amount_fen: int
    state: str
    at_ms: int
    site: str


class CheckinRow(BaseModel):
    """A check-in."""

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


class RedpacketRow(BaseModel):
    """A red packet, opened (then with key and amount) or not."""

    effect_id: str
    idempotency_key: str | None
    campaign_id: str
    customer_no: str
    day: str
    amount_fen: int
    state: str
    at_ms: int | None
    site: str


class OutboxRow(BaseModel):
    """A payout that the campaign owes or has paid."""

    payout_key: str
    campaign_id: str
    customer_no: str
    kind: str
    amount_fen: int
    state: str
    attempts: int
    error: str | None
    at_ms: int
    settled_at_ms: int | None
    site: str


class ActivityRow(BaseModel):
    """An activity's window and caps, and its campaign's pool and budget."""

    activity_id: str
    campaign_id: str
    campaign_state: str
    start_at_ms: int
    end_at_ms: int
    opens_at_ms: int
    closes_at_ms: int
    per_customer_cap: int
    per_batch_cap: int | None
    per_day_cap: int | None
    pool_fen: int
    pool_out_fen: int
    packets: int
    packets_out: int
    min_fen: int
    max_fen: int
    budget_fen: int


class BeaconRow(BaseModel):
    """How many beacons of a kind a node has counted."""

    beacon_id: str
    node: str
    type: str
    item: str
    seen: int
