"""The people who respond to tickets, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.operation import Body


class Desk(Body):
    """So many people, who need so many milliseconds each; a rehearsal's clock may run faster than a working day's."""

    agents: Annotated[int, Field(ge=0, le=100_000)] = 10
    handle_ms: Annotated[int, Field(ge=1, le=86_400_000)] = 1000


DESK: Final = CampaignPart("desk", Desk, Desk())
