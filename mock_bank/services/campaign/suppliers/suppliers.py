"""A node's suppliers, each behind its own breaker and bulkhead."""

import asyncio
import time
from typing import Final

import orjson

from mock_bank.services.campaign.suppliers.codes import CIRCUIT_OPEN
from mock_bank.services.kit.breaker_memory import BreakerMemory
from mock_bank.services.kit.circuit_breaker import BreakerPolicy, Dependency, NotCalledError
from mock_bank.services.kit.codes import SYSTEM_BUSY, RefusedError
from mock_bank.services.kit.errors import UnknownError
from mock_bank.services.kit.http_post import post
from mock_bank.services.kit.service_node import ServiceNode

TIMEOUT_S: Final = 1.0
POLICY: Final = BreakerPolicy(
    window_calls=40, minimum_calls=20, failure_rate=0.5, slow_after_s=0.5, slow_rate=0.8, wait_open_s=2.0, probes=5, at_once=64
)
NAMES: Final = ("risk", "voucher")

TAKEN: Final = 409
_DONE: Final = 200


class SupplierFailedError(Exception):
    """The supplier says that it has done nothing."""


class Suppliers:
    """Asks them. A node that must call nobody, as one that is being warmed up, has everything agreed to without a call."""

    def __init__(self, node: ServiceNode) -> None:
        """Its breakers, as the process before this one left them."""
        self._node = node
        memory = BreakerMemory(None if node.alone else node.config.breakers_file)
        self.dependencies = {name: Dependency(name, POLICY, memory=memory) for name in NAMES}

    async def decide(self, key: str, subject: str) -> None:
        """Ask the risk decision whether this customer may go on; what it does not answer is not agreed to.

        Raises:
            RefusedError: CIRCUIT_OPEN or SYSTEM_BUSY; nothing was done.
        """
        try:
            await self._ask("risk", key, subject, 0)
        except (OSError, EOFError, TimeoutError, ValueError, SupplierFailedError) as error:
            raise RefusedError(SYSTEM_BUSY, "there is no risk decision; nothing was done") from error

    async def redeem(self, key: str, coupon: str, amount_fen: int) -> None:
        """Have the supplier redeem a coupon, once for each key; no money moves without it.

        Raises:
            RefusedError: CIRCUIT_OPEN or SYSTEM_BUSY; nothing was done for this key.
            UnknownError: it did not answer, so the supplier may have done it; the same key finds out.
        """
        try:
            status = await self._ask("voucher", key, coupon, amount_fen)
        except SupplierFailedError as error:
            raise RefusedError(SYSTEM_BUSY, "the voucher supplier is out of order; nothing was done") from error
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            raise UnknownError(f"the voucher supplier did not answer: {type(error).__name__}") from error
        if status == TAKEN:
            raise RefusedError(SYSTEM_BUSY, "another redemption of this coupon is under way; nothing was done for this one")

    async def _ask(self, supplier: str, key: str, subject: str, amount_fen: int) -> int:
        """The status of its answer: 200, or TAKEN. Raises what `post` raises, TimeoutError, SupplierFailedError, RefusedError."""
        if self._node.alone:
            return _DONE
        body = orjson.dumps({"key": key, "subject": subject, "amount_fen": amount_fen})
        try:
            return await self.dependencies[supplier].call(lambda: self._sent(supplier, body))
        except NotCalledError as error:
            code = CIRCUIT_OPEN if error.is_open else SYSTEM_BUSY
            raise RefusedError(code, "" if error.is_open else f"{error}; nothing was done", error.retry_after_s) from error

    async def _sent(self, supplier: str, body: bytes) -> int:
        config = self._node.config
        headers = {
            "Authorization": f"Bearer {config.operator_token}",
            "Content-Type": "application/json",
            "X-Caller": config.name,
            "X-Sent-Ns": str(time.monotonic_ns()),  # so that both ledgers can be laid side by side
        }
        async with asyncio.timeout(TIMEOUT_S):
            status, _ = await post(f"{config.suppliers_url}/{supplier}", headers, body)
        if status not in (_DONE, TAKEN):
            raise SupplierFailedError(f"{supplier} answered {status}")
        return status
