"""Orders what a forecast says will be gone, and has it delivered by one supplier, whoever dies on the way.

The order stands in the database before anybody is asked. The other supplier is asked only where the first one has definitely delivered
nothing: it says that it has none, or it fails, or is not called, and nobody had asked it for this order before. Where it did not answer
it may have delivered, so it alone is asked again, under the same key, until it says which.
"""

import logging
from typing import Final

from mock_bank.services.campaign.restocking.switches import RESTOCK_ASKS_BOTH
from mock_bank.services.campaign.suppliers.suppliers import Suppliers
from mock_bank.services.kit.background import background, in_rounds
from mock_bank.services.kit.codes import RefusedError
from mock_bank.services.kit.errors import UnknownError
from mock_bank.services.kit.service_node import ServiceNode

FIRST, OTHER = "depot", "depot-backup"
PAUSE_S: Final = 0.5
BATCH: Final = 1  # it may take two calls of a second, and the lease is three

log = logging.getLogger("mock_bank")


@background
async def restock(node: ServiceNode) -> None:
    """Look at the stock, and see to this node's share of the orders."""

    async def once() -> None:
        await node.database.row("select campaign.order_stock($1, $2)", FIRST, node.site)
        for row in await node.database.rows("select * from campaign.lease_orders($1)", BATCH):
            await _see_to(node, *row)

    await in_rounds(once, PAUSE_S, "orders of prizes")


async def _see_to(node: ServiceNode, order: str, subject: str, units: int, asked: str) -> None:
    """Until it is delivered, refused, or nobody knows."""
    for supplier, other in ((FIRST, OTHER), (OTHER, None)):
        if supplier == FIRST and asked == OTHER:
            continue
        delivered, calls = await _asked(node, supplier, order, subject, units)
        if delivered:
            await node.database.row("select campaign.deliver_order($1, $2, $3)", order, supplier, node.site)
            return
        if not calls or not (await node.database.row("select campaign.refuse_order($1, $2, $3, $4)", order, supplier, calls, other))[0]:
            return


async def _asked(node: ServiceNode, supplier: str, order: str, subject: str, units: int) -> tuple[bool, int]:
    """Whether it has delivered; and, where it definitely has not, how often it was asked, else 0."""
    row = await node.database.row("select campaign.ask_supplier($1, $2)", order, supplier)
    if row[0] is None:
        return False, 0
    try:
        delivered = await node.one(Suppliers).deliver(supplier, order, subject, units)
        if delivered and supplier == FIRST and node.on(RESTOCK_ASKS_BOTH):
            await node.one(Suppliers).deliver(OTHER, order, subject, units)
    except (RefusedError, UnknownError) as error:
        log.info("order %s waits for %s: %s", order, supplier, error)
        return False, 1 if isinstance(error, RefusedError) and row[0] == 1 else 0
    return delivered, 0 if delivered else row[0]
