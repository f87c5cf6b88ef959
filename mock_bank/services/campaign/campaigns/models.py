"""What is said of campaigns and their activities."""

from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, Field, create_model, model_validator

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.features import find
from mock_bank.services.kit.field_types import Fen, Name, Text
from mock_bank.services.kit.operation import Body

Status = Literal["DRAFT", "WARMUP", "RUNNING", "PAUSED", "CLOSED"]

PARTS: Final[tuple[CampaignPart[Any], ...]] = find("campaign", CampaignPart, "campaign_part")
FIELDS: Final[dict[str, Any]] = {part.name: (part.kind, part.default) for part in PARTS}
"""The parts that other features bring, as `pydantic.create_model` wants them."""


class Restocking(Body):
    """More of a prize, as a forecast asks for it: batches of so many, `most` in all; without units, none."""

    units: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    most: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    lead_ms: Annotated[int, Field(ge=0, le=86_400_000)] = 5000  # ordered when it would be gone that soon


class NewSku(Body):
    """A prize and its stock."""

    sku: Name
    batch: Name
    stock: Annotated[int, Field(ge=0, le=100_000_000)]
    face_fen: Fen
    restock: Restocking = Restocking()


class NewActivity(Body):
    """A claim window [opens_at, closes_at) and its caps; a cap that is not said does not bind."""

    id: Name
    opens_at: AwareDatetime
    closes_at: AwareDatetime
    per_customer_cap: Annotated[int, Field(ge=1)] = 1
    per_batch_cap: Annotated[int, Field(ge=1)] | None = None
    per_day_cap: Annotated[int, Field(ge=1)] | None = None
    skus: Annotated[list[NewSku], Field(min_length=1, max_length=100)]


class Plan(Body):
    """A campaign with its activities and prizes, without the parts that other features bring."""

    id: Name
    name: str = ""
    state: Literal["DRAFT", "OPEN"] = "OPEN"
    start_at: AwareDatetime
    end_at: AwareDatetime
    rule_version: str = "1"
    activities: Annotated[list[NewActivity], Field(min_length=1, max_length=50)]
    budget_fen: Fen | None = None
    replace: bool = False
    actor: Text = "operator"
    reason: Text = "create"

    @model_validator(mode="after")
    def _windows_and_budget_fit(self) -> "Plan":
        if self.start_at >= self.end_at:
            raise ValueError("start_at must be before end_at")
        for activity in self.activities:
            if activity.opens_at >= activity.closes_at:
                raise ValueError(f"activity {activity.id}: opens_at must be before closes_at")
        if self.budget_fen is None:
            object.__setattr__(self, "budget_fen", self.cash_fen)  # frozen for everyone else
        elif self.cash_fen > self.budget_fen:
            raise ValueError("budget_fen must cover the face of all stock and what the campaign's other parts can cost")
        return self

    @property
    def cash_fen(self) -> int:
        """The most that the campaign can pay out as it stands."""
        return sum((sku.stock + sku.restock.most) * sku.face_fen for a in self.activities for sku in a.skus) + sum(
            p.cash_fen(p.of(self)) for p in PARTS
        )


CampaignBody = create_model("CampaignBody", __base__=Plan, __doc__="A campaign with all its parts.", **FIELDS)


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


class ActivityRow(BaseModel):
    """An activity's window and caps, and its campaign's budget."""

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
    budget_fen: int
