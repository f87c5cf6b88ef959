"""What parcels take and give."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class ParcelBody(Body):
    """For which right, and where it is to go."""

    campaign_id: Name
    right_id: Name
    address: Annotated[str, Field(min_length=5, max_length=120)]


class ParcelReply(BaseModel):
    """What is sent; the address is nobody's to read again."""

    parcel_id: str
    right_id: str
    prize: str
    state: Literal["ORDERED", "REJECTED"]
    at_ms: int


class ParcelRow(BaseModel):
    """A parcel, read back: of its address the digest."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    right_id: str
    prize: str
    address: str
    state: str
    at_ms: int
    site: str
