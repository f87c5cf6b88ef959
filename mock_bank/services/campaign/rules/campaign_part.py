"""What the rules say, and when they change, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Text
from mock_bank.services.kit.operation import Body


class Rules(Body):
    """Both versions; the second is in force from `changes_at` on, if there is such a time."""

    first: Text = "One prize each, while there are any; paid within three working days; appeals by ticket."
    second: Text = "One prize each, while there are any; paid within three working days; appeals by ticket or telephone."
    changes_at: Annotated[AwareDatetime | None, Field()] = None


RULES: Final = CampaignPart("rules", Rules, Rules())
