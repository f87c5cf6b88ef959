"""What is said of tickets."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Name, Text
from mock_bank.services.kit.operation import Body

Category = Literal["complaint", "appeal", "enquiry"]


class TicketBody(Body):
    """What it is about. The words go to the desk and are kept nowhere else."""

    campaign_id: Name
    category: Category
    text: Annotated[str, Field(min_length=1)]


class AnswerBody(Body):
    """Who responds out of turn, and why."""

    actor: Text
    reason: Text


class TicketReply(BaseModel):
    """How a ticket stands."""

    ticket_id: str
    category: Category
    state: Literal["OPEN", "ANSWERED"]
    at_ms: int
    answered_at_ms: int | None


class TicketRow(BaseModel):
    """A ticket, read back."""

    effect_id: str
    idempotency_key: str
    campaign_id: str
    customer_no: str
    category: str
    state: str
    at_ms: int
    answered_at_ms: int | None
    site: str
