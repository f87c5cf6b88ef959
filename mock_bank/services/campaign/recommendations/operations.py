"""What a customer may like."""

import asyncio
import logging
from typing import Final

from pydantic import BaseModel

from mock_bank.services.kit.bulkhead import Bulkhead
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.operation import Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

PLAIN: Final = ("deposit", "money-fund", "credit-card")
"""For everybody, where nothing is worked out."""

_WORK_S: Final = 0.15
"""Of the model that scores, somewhere else."""

log = logging.getLogger("mock_bank")


class RecommendReply(BaseModel):
    """Products, the likeliest first; whether they are the plain list."""

    items: list[str]
    plain: bool


@operation("recommend.get", "GET", "/v1/recommendations", RecommendReply, gives_way=GivesWay.FIRST, sample=Sample())
async def recommend(node: ServiceNode, request: Request) -> Reply:
    """What this customer may like: worked out where there is room for it and the database answers, else the plain list."""
    found: list[str] = []
    with node.one(Bulkhead).place() as room:
        if room:
            await asyncio.sleep(_WORK_S)
            found = await _found(node, request.customer_no)
    return ok({"items": found or PLAIN, "plain": not found})


async def _found(node: ServiceNode, customer_no: str) -> list[str]:
    try:
        return [row[0] for row in await node.database.rows("select sku from campaign.recommend($1)", customer_no)]
    except DATABASE_ERRORS as error:
        log.info("the plain list is shown: %s", error)
        return []
