"""What landing pages take and give."""

from typing import Literal, get_args

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body

Channel = Literal["social", "kol", "ad", "branch", "manager", "booth", "group"]
CHANNELS = get_args(Channel)


class LandingReply(BaseModel):
    """What is shown to whoever follows a link, known to us or not."""

    campaign_id: str
    title: str
    channel: Channel
    link: str


class AttributeBody(Body):
    """The link that a customer came by."""

    campaign_id: Name
    channel: Channel
    link: Name


class AttributeReply(BaseModel):
    """How it ended."""

    attribution_id: str
    source: str
    at_ms: int


class SourceEntry(BaseModel):
    """A link in the list of its channel."""

    rank: int
    link: str
    customers: int


class SourcesReply(BaseModel):
    """The links of a channel that brought most, the first one first."""

    sources: list[SourceEntry]


class AttributionRow(BaseModel):
    """Who is owed to which link, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    source: str
    state: str
    at_ms: int
    site: str


class SourceRow(BaseModel):
    """How many a link has brought, read back."""

    source_id: str
    campaign_id: str
    source: str
    customers: int
