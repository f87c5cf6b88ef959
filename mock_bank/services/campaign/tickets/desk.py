"""The desk's rounds."""

from typing import Final

from mock_bank.services.kit.background import background, in_rounds
from mock_bank.services.kit.service_node import ServiceNode

PAUSE_S: Final = 0.3


@background
async def respond(node: ServiceNode) -> None:
    """People respond to the oldest tickets, as many at a time as there are."""
    await in_rounds(lambda: node.database.row("select campaign.answer_tickets()"), PAUSE_S, "tickets")
