"""How many letters a campaign has, and how many are pushed to one customer a day, in its plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.operation import Body


class InboxRule(Body):
    """Of letters."""

    letters: Annotated[int, Field(ge=0, le=100)] = 4
    push_per_day: Annotated[int, Field(ge=0, le=1000)] = 2


INBOX: Final = CampaignPart("inbox", InboxRule, InboxRule())
