"""What a customer may like."""

import asyncio
from typing import Final

from pydantic import BaseModel

from mock_bank.services.kit.bulkhead import Bulkhead
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.operation import Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

PLAIN: Final = ("deposit", "money-fund", "credit-card")
"""For everybody, where nothing is worked out."""

_WORK_S: Final = 0.15
"""Of the model that scores, somewhere else."""


class RecommendReply(BaseModel):
    """Products, the likeliest first; whether they are the plain list."""

    items: list[str]
    plain: bool


@operation("recommend.get", "GET", "/v1/recommendations", RecommendReply, gives_way=GivesWay.FIRST, sample=Sample())
async def recommend(node: ServiceNode, request: Request) -> Reply:
    """What this customer may like: worked out where there is room for it, else the plain list, at once."""
    with node.one(Bulkhead).place() as room:
        if not room:
            return ok({"items": PLAIN, "plain": True})
        await asyncio.sleep(_WORK_S)
        rows = await node.database.rows("select sku from campaign.recommend($1)", request.customer_no)
    found = [row[0] for row in rows]
    return ok({"items": found or PLAIN, "plain": not found})
