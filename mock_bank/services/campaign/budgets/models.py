"""What is said of budgets."""

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name, PositiveFen, Text
from mock_bank.services.kit.operation import Body


class ReleaseBody(Body):
    """How much leaves the reserve, for which bucket, by whom and why."""

    bucket: Name
    amount_fen: PositiveFen
    actor: Text
    reason: Text


class ReleaseReply(BaseModel):
    """What was released."""

    bucket: str
    released_fen: int


class BudgetRow(BaseModel):
    """A bucket, read back."""

    budget_id: int
    campaign_id: str
    bucket: str
    limit_fen: int
    spent_fen: int
    released_fen: int
