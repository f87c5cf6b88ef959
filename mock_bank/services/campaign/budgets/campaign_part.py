"""The buckets in a campaign's plan."""

from typing import Final

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Fen, Name
from mock_bank.services.kit.operation import Body


class Bucket(Body):
    """A bucket, or the reserve, and what there is in it."""

    bucket: Name
    limit_fen: Fen


def _whole(buckets: list[Bucket]) -> int:
    return sum(bucket.limit_fen for bucket in buckets)


BUDGETS: Final = CampaignPart[list[Bucket]]("budgets", list[Bucket], [], _whole)
