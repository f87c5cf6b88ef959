"""What beacons say."""

from typing import Annotated

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


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


class BeaconRow(BaseModel):
    """How many beacons of a kind a node has counted, read back."""

    beacon_id: str
    node: str
    type: str
    item: str
    seen: int
