"""When points are doubled, in a campaign's plan."""

from typing import Final

from pydantic import AwareDatetime, model_validator

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.operation import Body


class PointsRule(Body):
    """The window [double_from, double_until), if there is one."""

    double_from: AwareDatetime | None = None
    double_until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _whole_window(self) -> "PointsRule":
        if (self.double_from is None) != (self.double_until is None):
            raise ValueError("a window has both double_from and double_until")
        return self


RULE: Final = CampaignPart("points", PointsRule, PointsRule())
