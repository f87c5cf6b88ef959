"""The steps of a bundle: the plan with the bank, the coupon with us, and the plan taken back where there is no coupon.

Each step may be asked for again by whoever comes: the bank opens and cancels a plan once for its id, and our own steps look at the state.
"""

from collections.abc import Mapping
from typing import Any, Final

from mock_bank.services.campaign.bank_calls.bank import Bank, BankSilentError
from mock_bank.services.kit.background import background, in_rounds
from mock_bank.services.kit.errors import UnknownError
from mock_bank.services.kit.service_node import ServiceNode

BATCH: Final = 20
PAUSE_S: Final = 0.5
PATH: Final = "/bank/v1/internal/plans"
_DONE, _NO_CUSTOMER = 200, 404


async def carry_on(node: ServiceNode, bundle: str, customer_no: str, monthly_fen: int, state: str) -> Any:
    """Take a bundle from its state to its end; its code and data.

    Raises:
        UnknownError: the bank did not say that it has done its part; somebody goes on later.
        BusyError, BrokenError: the same of our own database.
    """
    who = {"plan_id": bundle, "customer_no": customer_no}
    row: Any = None
    if state == "OPENING":
        if await _asked(node, PATH, who | {"monthly_fen": monthly_fen}):
            row = await node.database.row("select code, data, state from campaign.grant_bundle($1, $2)", bundle, node.site)
            state = row[2]
        else:
            state = "UNDOING"  # the bank has no such customer: there is nothing to take back, and asking for it does no harm
    if state == "UNDOING":
        await _asked(node, f"{PATH}/cancellations", who)
        row = await node.database.row("select code, data from campaign.undone_bundle($1, $2)", bundle, node.site)
    return row


async def _asked(node: ServiceNode, path: str, body: Mapping[str, object]) -> bool:
    """Whether the bank has done it; False where it has no such customer. Raises UnknownError. A node that calls nobody has it done."""
    if node.alone:
        return True
    try:
        status, _ = await node.one(Bank).post(path, body)
    except BankSilentError as error:
        raise UnknownError(str(error)) from error
    if status not in (_DONE, _NO_CUSTOMER):
        raise UnknownError(f"the bank answered {status}")
    return status == _DONE


@background
async def go_on(node: ServiceNode) -> None:
    """Take up this node's share of the bundles that nobody sees to: their node died on the way, or the bank did not answer."""

    async def once() -> None:
        for bundle in await node.database.rows("select * from campaign.lease_bundles($1)", BATCH):
            await carry_on(node, *bundle)

    await in_rounds(once, PAUSE_S, "bundles")
