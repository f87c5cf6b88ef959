"""Orders that nobody sees to: the node died on the way, or the supplier did not answer.

It may have been asked, so only its yes settles an order: what it refuses now, it may have done before. It delivers once for each order.
"""

import logging
from typing import Final

from mock_bank.services.campaign.exchanges.operations import SETTLE
from mock_bank.services.campaign.suppliers.suppliers import Suppliers
from mock_bank.services.kit.background import background, in_rounds
from mock_bank.services.kit.codes import RefusedError
from mock_bank.services.kit.errors import UnknownError
from mock_bank.services.kit.service_node import ServiceNode

BATCH: Final = 20
PAUSE_S: Final = 0.5

log = logging.getLogger("mock_bank")


@background
async def deliver(node: ServiceNode) -> None:
    """Ask the supplier again for this node's share of what is open."""

    async def once() -> None:
        for order, customer_no, face_fen in await node.database.rows("select * from campaign.lease_exchanges($1)", BATCH):
            await _again(node, order, customer_no, face_fen)

    await in_rounds(once, PAUSE_S, "exchanges")


async def _again(node: ServiceNode, order: str, customer_no: str, face_fen: int) -> None:
    try:
        await node.one(Suppliers).top_up(order, customer_no, face_fen)
    except (RefusedError, UnknownError) as error:
        log.info("exchange %s waits: %s", order, error)
        return
    await node.database.row(SETTLE, order, "FULFILLED", node.site)
