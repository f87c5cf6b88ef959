"""Compensation in a campaign's plan; the bucket `compensation` pays for it."""

from typing import Final

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Fen
from mock_bank.services.kit.operation import Body


class Compensation(Body):
    """What one is worth."""

    face_fen: Fen = 0


COMPENSATION: Final = CampaignPart("compensation", Compensation, Compensation())
