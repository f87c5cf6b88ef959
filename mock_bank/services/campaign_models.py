"""What the campaign service takes and gives."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from mock_bank.services.api import Body
from mock_bank.services.bank_models import Fen, Name

Status = Literal["DRAFT", "WARMUP", "RUNNING", "PAUSED", "CLOSED"]
Text = Annotated[str, Field(min_length=1)]


class Item(Body):
    """Something shown on a page."""

    id: Name
    title: str


class Zone(Body):
    """What the campaign's pages show."""

    carousel: list[Item] = []
    popup: list[Item] = []
    zone: list[Item] = []


class Task(Body):
    """A task of the campaign."""

    id: Name
    title: str
    reward: str = ""


class NewSku(Body):
    """A prize and its stock."""

    sku: Name
    batch: Name
    stock: Annotated[int, Field(ge=0, le=100_000_000)]
    face_fen: Fen


class NewActivity(Body):
    """A claim window [opens_at, closes_at) and its caps; a cap that is not said does not bind."""

    id: Name
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    per_customer_cap: Annotated[int, Field(ge=1)] = 1
    per_batch_cap: Annotated[int, Field(ge=1)] | None = None
    per_day_cap: Annotated[int, Field(ge=1)] | None = None
    skus: Annotated[list[NewSku], Field(min_length=1, max_length=100)]


class RedpacketPool(Body):
    """What red packets are paid from; packets, if not said, are as many as the mean of min and max allows."""

    pool_fen: Fen = 0
    min_fen: Annotated[int, Field(ge=1)] = 1
    max_fen: Annotated[int, Field(ge=1)] = 1
    packets: Annotated[int, Field(ge=0, le=10_000_000)] = 0

    @model_validator(mode="after")
    def _pool_covers_packets(self) -> "RedpacketPool":
        if self.min_fen > self.max_fen:
            raise ValueError("min_fen must not be above max_fen")
        if self.packets == 0:
            object.__setattr__(self, "packets", 2 * self.pool_fen // (self.min_fen + self.max_fen))  # frozen for everyone else
        if self.pool_fen < self.packets * self.min_fen:
            raise ValueError("pool_fen must cover every packet's min_fen")
        return self


class CampaignBody(Body):
    """A campaign with its activities, prizes and red packets."""

    id: Name
    name: str = ""
    state: Literal["DRAFT", "OPEN"] = "OPEN"
    start_at: AwareDatetime
    end_at: AwareDatetime
    rule_version: str = "1"
    activities: Annotated[list[NewActivity], Field(min_length=1, max_length=50)]
    redpacket: RedpacketPool = RedpacketPool()
    budget_fen: Fen | None = None
    zone: Zone = Zone()
    tasks: list[Task] = []
    replace: bool = False
    actor: Text = "operator"
    reason: Text = "create"

    @model_validator(mode="after")
    def _windows_and_budget_fit(self) -> "CampaignBody":
        if self.start_at >= self.end_at:
            raise ValueError("start_at must be before end_at")
        for activity in self.activities:
            if activity.opens_at >= activity.closes_at:
                raise ValueError(f"activity {activity.id}: opens_at must be before closes_at")
        if self.budget_fen is None:
            object.__setattr__(self, "budget_fen", self.cash_fen)  # frozen for everyone else
        elif self.cash_fen > self.budget_fen:
            raise ValueError("budget_fen must cover the red packets' pool and the face of all stock")
        return self

    @property
    def cash_fen(self) -> int:
        """The most that the campaign can pay out as it stands."""
        return self.redpacket.pool_fen + sum(s.stock * s.face_fen for a in self.activities for s in a.skus)


class CreatedReply(BaseModel):
    """The campaign's id."""

    campaign_id: str


class StateBody(Body):
    """Who pauses or resumes, and why."""

    actor: Text
    reason: Text


class StateReply(BaseModel):
    """The campaign's status now."""

    campaign_id: str
    status: Status


class ReplenishBody(Body):
    """More stock of a prize."""

    activity_id: Name
    sku: Name
    batch: Name
    quantity: Annotated[int, Field(ge=1, le=100_000_000)]
    actor: Text
    reason: Text


class ReplenishReply(BaseModel):
    """The stock's two sources now."""

    initial: int
    replenished: int


class SkuStock(BaseModel):
    """A prize's stock, at most 100 ms old."""

    sku: str
    batch_id: str
    face_fen: int
    total: int
    granted: int
    remaining: int


class ActivityView(BaseModel):
    """An activity in the service's picture of its campaigns."""

    id: str
    opens_at_ms: int
    closes_at_ms: int
    per_customer_cap: int
    skus: list[SkuStock]


class CampaignView(BaseModel):
    """A campaign in the service's picture of its campaigns."""

    id: str
    name: str
    state: Literal["DRAFT", "OPEN", "PAUSED"]
    start_at_ms: int
    end_at_ms: int
    rule_version: str
    zone: Zone
    tasks: list[Task]
    activities: list[ActivityView]


class Picture(BaseModel):
    """All campaigns that are not long over."""

    at_ms: int
    campaigns: list[CampaignView]


class CampaignReply(BaseModel):
    """A campaign's status by the server's clock."""

    campaign_id: str
    name: str
    status: Status
    start_at_ms: int
    end_at_ms: int
    server_time_ms: int
    rule_version: str


class TimeReply(BaseModel):
    """The server's clock."""

    server_time_ms: int


class ExposureReply(BaseModel):
    """What a slot of the app shows."""

    slot: Literal["carousel", "popup", "zone"]
    items: list[Item]
    cap_remaining: int


class ZoneActivity(BaseModel):
    """An activity as the zone page shows it."""

    id: str
    opens_at_ms: int
    closes_at_ms: int


class ZoneReply(BaseModel):
    """The zone page's configuration."""

    campaign_id: str
    rule_version: str
    blocks: list[Item]
    activities: list[ZoneActivity]


class TasksReply(BaseModel):
    """The campaign's tasks."""

    tasks: list[Task]


class RankEntry(BaseModel):
    """A prize and how often it was won."""

    rank: int
    activity_id: str
    sku: str
    granted: int


class RankReply(BaseModel):
    """The most wanted prizes."""

    entries: list[RankEntry]


class StockReply(BaseModel):
    """An activity's stock."""

    activity_id: str
    server_time_ms: int
    opens_at_ms: int
    closes_at_ms: int
    skus: list[SkuStock]


class ActivityTokenReply(BaseModel):
    """Leave for one customer to claim in one activity."""

    activity_token: str
    expires_at_ms: int


class ClaimBody(Body):
    """What is claimed."""

    sku: Name
    batch_id: Name
    activity_token: str


class ClaimReply(BaseModel):
    """How a claim ended."""

    claim_id: str
    state: Literal["GRANTED", "SOLD_OUT", "REJECTED"]
    reason: str | None
    coupon_code: str | None
    sku: str
    batch_id: str
    amount_fen: int
    at_ms: int


class Coupon(BaseModel):
    """A coupon of the customer."""

    coupon_code: str
    claim_id: str
    activity_id: str
    sku: str
    batch_id: str
    amount_fen: int
    state: Literal["GRANTED", "REDEEMED"]
    at_ms: int


class CouponsReply(BaseModel):
    """The customer's coupons, newest first, at most 100."""

    coupons: list[Coupon]


class RedeemBody(Body):
    """For which order, and the coupon's amount as the customer was shown it."""

    order_id: Name
    amount_fen: Fen


class RedeemReply(BaseModel):
    """How a redemption ended."""

    redemption_id: str
    coupon_code: str
    state: Literal["REDEEMED", "REJECTED"]
    amount_fen: int
    at_ms: int


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


class OpenReply(BaseModel):
    """What was in the red packet."""

    redpacket_id: str
    state: Literal["OPENED", "REJECTED"]
    amount_fen: int
    at_ms: int


class StreakReply(BaseModel):
    """The customer's streak as of today, by Shanghai's calendar."""

    campaign_id: str
    date: str
    streak: int
    checked_in_today: bool


class Beacon(Body):
    """Something that the app saw."""

    type: Name
    item: Name
    ts: int


class BeaconsBody(Body):
    """A batch of beacons."""

    events: Annotated[list[Beacon], Field(max_length=500)]


class BeaconsReply(BaseModel):
    """How many were taken; they may still be lost."""

    accepted: int
