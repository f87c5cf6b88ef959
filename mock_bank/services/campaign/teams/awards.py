"""The prize of a contest that is over, paid by whichever node comes first."""

from typing import Final

from mock_bank.services.kit.background import background, in_rounds
from mock_bank.services.kit.service_node import ServiceNode

PAUSE_S: Final = 0.5


@background
async def award(node: ServiceNode) -> None:
    """See to each contest that is over until it is paid."""

    async def once() -> None:
        for (campaign,) in await node.database.rows("select campaign_id from campaign.contests_to_award()"):
            await node.database.row("select campaign.award_contest($1, $2)", campaign, node.site)

    await in_rounds(once, PAUSE_S, "awards")
