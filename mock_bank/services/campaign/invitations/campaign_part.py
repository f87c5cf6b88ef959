"""What invitations earn, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Fen
from mock_bank.services.kit.operation import Body


class InviteRule(Body):
    """So many verified friends earn one coupon; so many coupons there are."""

    friends: Annotated[int, Field(ge=1, le=1000)] = 3
    face_fen: Fen = 0
    coupons: Annotated[int, Field(ge=0, le=100_000_000)] = 0


def _whole(rule: InviteRule) -> int:
    return rule.coupons * rule.face_fen


RULE: Final = CampaignPart("invite", InviteRule, InviteRule(), _whole)
