"""The first-bind discount in a campaign's plan; the bucket `first-bind` pays for it."""

from typing import Final

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Fen
from mock_bank.services.kit.operation import Body


class Discount(Body):
    """What one is worth."""

    face_fen: Fen = 0


DISCOUNT: Final = CampaignPart("first_bind", Discount, Discount())
