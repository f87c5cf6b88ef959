"""The pages' content in a campaign's plan."""

from typing import Final

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class Item(Body):
    """Something shown on a page."""

    id: Name
    title: str


class Zone(Body):
    """What the campaign's pages show."""

    carousel: list[Item] = []
    popup: list[Item] = []
    zone: list[Item] = []


ZONE: Final = CampaignPart("zone", Zone, Zone())
