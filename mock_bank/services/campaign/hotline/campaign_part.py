"""The agents of both lines, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.operation import Body


class Lines(Body):
    """So many agents at each, who need so many milliseconds for a call; a rehearsal's clock may run faster than a working day's."""

    hotline: Annotated[int, Field(ge=0, le=100_000)] = 6
    video: Annotated[int, Field(ge=0, le=100_000)] = 3
    call_ms: Annotated[int, Field(ge=1, le=86_400_000)] = 2000


LINES: Final = CampaignPart("lines", Lines, Lines())
