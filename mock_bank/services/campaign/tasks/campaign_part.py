"""The tasks in a campaign's plan."""

from typing import Final

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class Task(Body):
    """A task of the campaign."""

    id: Name
    title: str
    reward: str = ""


TASKS: Final = CampaignPart[list[Task]]("tasks", list[Task], [])
