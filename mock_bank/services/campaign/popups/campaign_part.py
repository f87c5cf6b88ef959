"""How often a day a customer is shown a pop-up, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.operation import Body


class PopupRule(Body):
    """Of pop-ups."""

    per_day: Annotated[int, Field(ge=0, le=1000)] = 3


POPUP: Final = CampaignPart("popup", PopupRule, PopupRule())
