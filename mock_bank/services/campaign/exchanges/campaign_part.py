"""What there is for points, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Fen, Name
from mock_bank.services.kit.operation import Body


class Good(Body):
    """A thing that a supplier delivers, and its price in points."""

    id: Name
    points: Annotated[int, Field(ge=1, le=10**9)]
    face_fen: Fen


GOODS: Final = CampaignPart[list[Good]]("goods", list[Good], [])
