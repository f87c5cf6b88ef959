"""The outbox's courier: what the campaign owes is paid by the bank, exactly once.

A payout is leased for a few seconds, sent to the bank in a batch, and settled by what the bank answers. If this node or the bank
dies on the way, the lease runs out and some node sends it again; the bank posts each payout key once.
"""

import asyncio
import logging
from typing import Any, Final

import aiohttp
import orjson

from mock_bank.services.config import NodeConfig
from mock_bank.services.database import BrokenError, BusyError, Pool, UnknownError

BATCH: Final = 100
PAUSE_S: Final = 0.2
TIMEOUT_S: Final = 2.0  # well inside the lease of five seconds

log = logging.getLogger("mock_bank")


class Courier:
    """Delivers one node's share of the outbox."""

    def __init__(self, config: NodeConfig, pool: Pool) -> None:
        """Keep where to deliver."""
        self._pool = pool
        self._url = config.bank_url.rstrip("/") + "/bank/v1/internal/payouts"
        self._headers = {"X-Operator-Token": config.operator_token, "Content-Type": "application/json"}

    async def run(self) -> None:
        """Deliver what is due, until cancelled; pause when there is little or the way is blocked."""
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with aiohttp.ClientSession(timeout=timeout, headers=self._headers) as session:
            while True:
                try:
                    sent = await self._round(session)
                except (BusyError, UnknownError, BrokenError) as error:
                    log.info("outbox waits: %s", error)
                    sent = 0
                if sent < BATCH:
                    await asyncio.sleep(PAUSE_S)

    async def _round(self, session: aiohttp.ClientSession) -> int:
        due = await self._pool.rows("select payout_key, customer_no, kind, amount_fen from campaign.lease_payouts($1)", BATCH)
        if not due:
            return 0
        states, error = await self._deliver(session, due)
        keys = [row[0] for row in due]
        await self._pool.row("select campaign.settle_payouts($1, $2, $3)", keys, [states.get(key) for key in keys], error)
        return len(due) if not error else 0

    async def _deliver(self, session: aiohttp.ClientSession, due: list[Any]) -> tuple[dict[str, str], str]:
        """What the bank said of each payout, or why it said nothing."""
        payouts = [{"payout_key": row[0], "customer_no": row[1], "kind": row[2], "amount_fen": row[3]} for row in due]
        try:
            async with session.post(self._url, data=orjson.dumps({"payouts": payouts}), allow_redirects=False) as response:
                text = await response.read()
                if response.status != 200:  # noqa: PLR2004 - a status is its own name
                    return {}, f"the bank answered {response.status}"
                results = orjson.loads(text)["data"]["results"]
                return {result["payout_key"]: result["state"] for result in results}, ""
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            return {}, f"the bank did not answer: {type(error).__name__}"
