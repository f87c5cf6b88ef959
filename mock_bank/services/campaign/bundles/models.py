"""What bundles take and give."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name, PositiveFen
from mock_bank.services.kit.operation import Body

MOST_FEN = 10**9


class BundleBody(Body):
    """How much is invested each month."""

    campaign_id: Name
    monthly_fen: Annotated[PositiveFen, Field(le=MOST_FEN)]


class BundleReply(BaseModel):
    """How a bundle stands; what its coupon is worth is null until it is known."""

    bundle_id: str
    state: Literal["OPENING", "UNDOING", "COMPLETED", "COMPENSATED", "REJECTED"]
    amount_fen: int | None
    coupon_code: str | None


class BundleRow(BaseModel):
    """A bundle, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    monthly_fen: int
    amount_fen: int | None
    state: str
    at_ms: int
    site: str
