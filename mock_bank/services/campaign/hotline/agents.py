"""The agents' rounds."""

import asyncio
import logging
from typing import Final

from mock_bank.services.kit.background import background
from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.service_node import ServiceNode

PAUSE_S: Final = 0.3

log = logging.getLogger("mock_bank")


@background
async def take_calls(node: ServiceNode) -> None:
    """Agents take whoever has waited longest, as many at a time as there are."""
    while True:
        try:
            await node.database.row("select campaign.take_calls()")
        except DATABASE_ERRORS as error:
            log.info("callers wait: %s", error)
        await asyncio.sleep(PAUSE_S)
