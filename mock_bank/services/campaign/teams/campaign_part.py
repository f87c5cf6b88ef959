"""How many a team may be, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.operation import Body


class TeamRule(Body):
    """Of teams."""

    size: Annotated[int, Field(ge=1, le=1000)] = 5


TEAM: Final = CampaignPart("team", TeamRule, TeamRule())
