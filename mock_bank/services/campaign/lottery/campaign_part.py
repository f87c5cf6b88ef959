"""The lottery in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Fen, Name
from mock_bank.services.kit.operation import Body


class LotteryPrize(Body):
    """A prize, its odds in millionths, and how many there are."""

    id: Name
    ppm: Annotated[int, Field(ge=0, le=1_000_000)]
    stock: Annotated[int, Field(ge=0, le=100_000_000)]
    face_fen: Fen


def _whole(prizes: list[LotteryPrize]) -> int:
    return sum(prize.stock * prize.face_fen for prize in prizes)


LOTTERY: Final = CampaignPart[list[LotteryPrize]]("lottery", list[LotteryPrize], [], _whole)
