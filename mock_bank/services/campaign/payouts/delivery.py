"""The delivery of payouts: what the campaign owes is paid by the bank, exactly once.

A payout is leased for a few seconds, sent to the bank in a batch, and settled by what the bank answers. If this node or the bank
dies on the way, the lease runs out and some node sends it again; the bank posts each payout key once.
"""

import asyncio
import logging
from typing import Any, Final

import orjson

from mock_bank.services.campaign.bank_calls.bank import Bank, BankSilentError
from mock_bank.services.kit.background import background
from mock_bank.services.kit.errors import DATABASE_ERRORS
from mock_bank.services.kit.service_node import ServiceNode

BATCH: Final = 100
PAUSE_S: Final = 0.2
PATH: Final = "/bank/v1/internal/payouts"

log = logging.getLogger("mock_bank")


@background
async def deliver(node: ServiceNode) -> None:
    """Deliver this node's share of what is due; pause when there is little or the way is blocked."""
    while True:
        try:
            sent = await _round(node)
        except DATABASE_ERRORS as error:
            log.info("payouts wait: %s", error)
            sent = 0
        except Exception:
            log.exception("payouts go on after what nobody expected")
            sent = 0
        if sent < BATCH:
            await asyncio.sleep(PAUSE_S)


async def _round(node: ServiceNode) -> int:
    due = await node.database.rows("select payout_key, customer_no, kind, amount_fen from campaign.lease_payouts($1)", BATCH)
    if not due:
        return 0
    states, error = await _sent(node, due)
    keys = [row[0] for row in due]
    await node.database.row("select campaign.settle_payouts($1, $2, $3)", keys, [states.get(key) for key in keys], error)
    return len(due) if not error else 0


async def _sent(node: ServiceNode, due: list[Any]) -> tuple[dict[str, str], str]:
    """What the bank said of each payout, or why it said nothing."""
    payouts = [{"payout_key": row[0], "customer_no": row[1], "kind": row[2], "amount_fen": row[3]} for row in due]
    try:
        status, body = await node.one(Bank).post(PATH, {"payouts": payouts})
        if status != 200:  # noqa: PLR2004 - a status is its own name
            return {}, f"the bank answered {status}"
        return {result["payout_key"]: result["state"] for result in orjson.loads(body)["data"]["results"]}, ""
    except BankSilentError as error:
        return {}, str(error)
    except (ValueError, KeyError, TypeError) as error:
        return {}, f"the bank answered what nobody understands: {type(error).__name__}"
