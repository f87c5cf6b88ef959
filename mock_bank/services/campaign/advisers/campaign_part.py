"""How many hours advisers have, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.operation import Body


class AdviserHours(Body):
    """Of all advisers together."""

    slots: Annotated[int, Field(ge=0, le=10_000)] = 40
    vip_slots: Annotated[int, Field(ge=0, le=10_000)] = 10


ADVISERS: Final = CampaignPart("advisers", AdviserHours, AdviserHours())
