"""A node's suppliers, each behind its own breaker and bulkhead."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import orjson

from mock_bank.services.campaign.dependencies.dependencies import Dependencies
from mock_bank.services.campaign.suppliers.codes import CIRCUIT_OPEN
from mock_bank.services.kit.circuit_breaker import NotCalledError
from mock_bank.services.kit.codes import SYSTEM_BUSY, RefusedError
from mock_bank.services.kit.errors import UnknownError
from mock_bank.services.kit.http_client import HttpClient
from mock_bank.services.kit.service_node import ServiceNode

TIMEOUT_S: Final = 1.0
TAKEN: Final = 409
_DONE: Final = 200


class SupplierFailedError(Exception):
    """The supplier says that it has done nothing."""


class Suppliers:
    """Asks them. A node that must call nobody, as one that is being warmed up, has everything agreed to without a call."""

    def __init__(self, node: ServiceNode) -> None:
        """Connects when it is asked for something."""
        self._node = node
        self._client = HttpClient()

    def is_away(self, supplier: str) -> bool:
        """Whether the breaker toward it lets nothing through, or only a few probes; to a node that calls nobody, everybody is."""
        return self._node.alone or self._node.one(Dependencies)[supplier].is_open

    async def decide(self, key: str, subject: str) -> None:
        """Ask the risk decision whether this customer may go on; what it does not answer is not agreed to.

        Raises:
            RefusedError: CIRCUIT_OPEN or SYSTEM_BUSY; nothing was done.
        """
        try:
            await self._ask("risk", key, subject, 0)
        except (OSError, EOFError, TimeoutError, ValueError, SupplierFailedError) as error:
            raise RefusedError(SYSTEM_BUSY, "there is no risk decision; nothing was done") from error

    async def redeem(self, key: str, coupon: str, amount_fen: int) -> bool:
        """Have the supplier redeem a coupon, once for each key; no money moves without it. False: it has done so for another key.

        Raises:
            RefusedError: CIRCUIT_OPEN or SYSTEM_BUSY; nothing was done for this key.
            UnknownError: it did not answer, so the supplier may have done it; the same key finds out.
        """
        with _failures_of("the voucher supplier", "nothing was done"):
            return await self._ask("voucher", key, coupon, amount_fen) != TAKEN

    async def top_up(self, key: str, subject: str, amount_fen: int) -> None:
        """Have the supplier credit a customer's phone, once for each key.

        Raises:
            RefusedError: CIRCUIT_OPEN or SYSTEM_BUSY; nothing was done by this call.
            UnknownError: it did not answer, so the supplier may have done it; the same key finds out.
        """
        with _failures_of("the biller", "nothing was done"):
            await self._ask("biller", key, subject, amount_fen)

    async def send_sms(self, key: str, subject: str, text: str) -> None:
        """Have a text sent to a customer's telephone, once for each key.

        Raises:
            RefusedError: CIRCUIT_OPEN or SYSTEM_BUSY; nothing was sent by this call.
            UnknownError: it did not answer, so it may have been sent; the same key finds out.
        """
        with _failures_of("the SMS gateway", "nothing was sent"):
            await self._ask("sms", key, subject, 0, text)

    async def deliver(self, supplier: str, key: str, subject: str, units: int) -> bool:
        """Have a supplier of prizes deliver so many, once for each key. False: it has not that many, and has delivered none for this key.

        Raises:
            RefusedError: CIRCUIT_OPEN or SYSTEM_BUSY; nothing was delivered by this call.
            UnknownError: it did not answer, so it may have delivered them; the same key finds out.
        """
        with _failures_of(f"the {supplier}", "nothing was delivered"):
            return await self._ask(supplier, key, subject, 0, units=units) != TAKEN

    async def _ask(self, supplier: str, key: str, subject: str, amount_fen: int, text: str = "", units: int = 0) -> int:
        """The status of its answer: 200, or TAKEN. Raises what `post` raises, TimeoutError, SupplierFailedError, RefusedError."""
        if self._node.alone:
            return _DONE
        body = orjson.dumps(
            {"key": key, "subject": subject, "amount_fen": amount_fen}
            | ({"text": text} if text else {})
            | ({"units": units} if units else {})
        )
        try:
            return await self._node.one(Dependencies)[supplier].call(lambda: self._sent(supplier, body))
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
            status, _ = await self._client.post(f"{config.suppliers_url}/{supplier}", headers, body)
        if status not in (_DONE, TAKEN):
            raise SupplierFailedError(f"{supplier} answered {status}")
        return status


@contextmanager
def _failures_of(who: str, nothing: str) -> Iterator[None]:
    """Says of a call that failed whether it may have been carried out. Raises RefusedError, UnknownError."""
    try:
        yield
    except SupplierFailedError as error:
        raise RefusedError(SYSTEM_BUSY, f"{who} is out of order; {nothing}") from error
    except (OSError, EOFError, TimeoutError, ValueError) as error:
        raise UnknownError(f"{who} did not answer: {type(error).__name__}") from error
