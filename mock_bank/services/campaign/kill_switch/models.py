"""What the kill switch tells and takes."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Text
from mock_bank.services.kit.kill_switch import ChangeKind
from mock_bank.services.kit.operation import Body

Kind = Literal[tuple(kind.value for kind in ChangeKind)]  # type: ignore[valid-type]  # the names stand once, in the machine
Token = Annotated[str, Field(min_length=1, max_length=400)]


class SwitchView(BaseModel):
    """One campaign's switch as it is now."""

    campaign_id: str
    tripped: bool
    trips: int
    cause: str
    grave: list[str]
    stale: list[str]
    notices: int
    acknowledged_by: str
    asked_by: str


class ChangeView(BaseModel):
    """What happened to a switch; its time on the database's clock, and on the machine's monotonic one."""

    seq: int
    campaign_id: str
    trip: int
    at_ms: int
    monotonic_ns: int
    kind: Kind  # type: ignore[valid-type]  # as above
    about: str
    detail: str
    node: str


class SwitchesReply(BaseModel):
    """Every armed switch, and what happened since."""

    switches: list[SwitchView]
    changes: list[ChangeView]


class SignInBody(Body):
    """What nobody else has."""

    secret: Token


class PersonReply(BaseModel):
    """What a person signs with."""

    person: str
    expires_at_ms: int


class AcknowledgeBody(Body):
    """Leave to acknowledge, as it came with a notice."""

    notice: Token


class AcknowledgeReply(BaseModel):
    """The trip that was taken up."""

    campaign_id: str
    trip: int


class AskBody(Body):
    """Who signs first, and why the campaign may go on."""

    person: Token
    reason: Text


class AskReply(BaseModel):
    """What the second person shows, once."""

    resume_token: str


class ResumeBody(AskBody):
    """Who signs second."""

    resume_token: Token


class ResumeReply(BaseModel):
    """Who has let the campaign go on."""

    campaign_id: str
    person: str
