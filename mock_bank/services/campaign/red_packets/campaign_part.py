"""The pool of red packets in a campaign's plan."""

from typing import Annotated, Final

from pydantic import Field, model_validator

from mock_bank.services.campaign.campaigns.parts import CampaignPart
from mock_bank.services.kit.field_types import Fen
from mock_bank.services.kit.operation import Body


class RedpacketPool(Body):
    """What red packets are paid from; packets, if not said, are as many as the mean of min and max allows."""

    pool_fen: Fen = 0
    min_fen: Annotated[int, Field(ge=1)] = 1
    max_fen: Annotated[int, Field(ge=1)] = 1
    packets: Annotated[int, Field(ge=0, le=10_000_000)] = 0

    @model_validator(mode="after")
    def _pool_covers_packets(self) -> "RedpacketPool":
        if self.min_fen > self.max_fen:
            raise ValueError("min_fen must not be above max_fen")
        if self.packets == 0:
            object.__setattr__(self, "packets", 2 * self.pool_fen // (self.min_fen + self.max_fen))  # frozen for everyone else
        if self.pool_fen < self.packets * self.min_fen:
            raise ValueError("pool_fen must cover every packet's min_fen")
        return self


def _whole(pool: RedpacketPool) -> int:
    return pool.pool_fen


POOL: Final = CampaignPart("redpacket", RedpacketPool, RedpacketPool(), _whole)
