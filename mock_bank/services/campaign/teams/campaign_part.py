"""How many a team may be, until when teams score, and what the best one wins, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Fen
from mock_bank.services.kit.operation import Body


class TeamRule(Body):
    """Of teams. Where there is a prize, a bucket `team` holds what a team of that size wins."""

    size: Annotated[int, Field(ge=1, le=1000)] = 5
    ends_at: AwareDatetime | None = None
    prize_fen: Fen = 0  # for each member of the best team


def _most(rule: TeamRule) -> int:
    return rule.size * rule.prize_fen


TEAM: Final = CampaignPart("team", TeamRule, TeamRule(), _most)
