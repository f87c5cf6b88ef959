"""Redemptions that nobody sees to: the node died on the way, the database changed hands, or the supplier did not answer.

The supplier may have been asked, so only its yes ends one: what it refuses now, it may have done before. It redeems once for each key, and
what it has redeemed is entered once, whoever comes first with it; the customer's own next try is told how it ended.
"""

import logging
from typing import Final

from mock_bank.services.campaign.coupons.operations import have_redeemed
from mock_bank.services.kit.background import background, in_rounds
from mock_bank.services.kit.codes import RefusedError
from mock_bank.services.kit.errors import UnknownError
from mock_bank.services.kit.service_node import ServiceNode

BATCH: Final = 4  # each may take the supplier's whole second, and the lease is five
PAUSE_S: Final = 0.5

log = logging.getLogger("mock_bank")


@background
async def go_on(node: ServiceNode) -> None:
    """Ask the supplier again for this node's share of what has begun."""

    async def once() -> None:
        for row in await node.database.rows("select * from campaign.lease_redemptions($1)", BATCH):
            await _again(node, *row)

    await in_rounds(once, PAUSE_S, "redemptions")


async def _again(node: ServiceNode, key: str, body_hash: bytes, customer_no: str, coupon: str, order_id: str, amount_fen: int) -> None:
    try:
        await have_redeemed(node, key, coupon, amount_fen)
    except (RefusedError, UnknownError) as error:
        log.info("redemption RD-%s waits: %s", key, error)
        return
    enter = "select code from campaign.redeem($1, $2, $3, $4, $5, $6, $7)"
    await node.database.row(enter, key, body_hash, customer_no, coupon, order_id, amount_fen, node.site)
