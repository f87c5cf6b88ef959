"""The loan coupon of a bundle, in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Fen
from mock_bank.services.kit.operation import Body


class BundleRule(Body):
    """What a coupon is worth, and how many there are."""

    face_fen: Fen = 0
    coupons: Annotated[int, Field(ge=0, le=1_000_000)] = 0


BUNDLE: Final = CampaignPart("bundle", BundleRule, BundleRule(), lambda rule: rule.face_fen * rule.coupons)
