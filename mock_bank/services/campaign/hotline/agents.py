"""The agents' rounds."""

from typing import Final

from mock_bank.services.kit.background import background, in_rounds
from mock_bank.services.kit.service_node import ServiceNode

PAUSE_S: Final = 0.3


@background
async def take_calls(node: ServiceNode) -> None:
    """Agents take whoever has waited longest, as many at a time as there are."""
    await in_rounds(lambda: node.database.row("select campaign.take_calls()"), PAUSE_S, "callers")
