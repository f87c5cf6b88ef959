"""What is told of a customer's spending."""

from typing import Literal

from pydantic import BaseModel

Advice = Literal["keep-a-budget", "save-a-little", "deposit"]


class SpendingReply(BaseModel):
    """What went where, all in fen; nothing of it where it could not be worked out now."""

    worked_out: bool
    transfers_fen: int | None = None
    bills_fen: int | None = None
    shops_fen: int | None = None
    abroad_fen: int | None = None


class DiagnosisReply(BaseModel):
    """What might be done with the money; the advice for everybody where it could not be worked out now."""

    worked_out: bool
    spent_fen: int | None = None
    advice: Advice
