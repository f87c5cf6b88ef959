"""What a deed without paper earns, and how often a day, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.operation import Body


class CarbonRule(Body):
    """Of deeds."""

    points: Annotated[int, Field(ge=1, le=10_000)] = 5
    per_day: Annotated[int, Field(ge=0, le=1000)] = 3


CARBON: Final = CampaignPart("carbon", CarbonRule, CarbonRule())
