"""What is said of cards."""

from typing import Annotated

from pydantic import BaseModel, Field

from mock_bank.services.kit.operation import Body


class CardBody(Body):
    """The number of a card."""

    card_no: Annotated[str, Field(min_length=8, max_length=80, pattern=r"^[0-9A-Za-z.-]+$")]


class CardReply(BaseModel):
    """The token that stands for the card from now on."""

    card_token: str | None
    masked_pan: str
    at_ms: int


class BindingReply(BaseModel):
    """That this customer has bound this card, signed for the bank's other services."""

    card_token: str
    binding_token: str


class CardRow(BaseModel):
    """A bound card, read back without its number."""

    effect_id: str
    idempotency_key: str
    customer_no: str
    state: str
    at_ms: int
    site: str
