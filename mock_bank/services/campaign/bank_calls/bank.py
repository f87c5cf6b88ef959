"""The bank, as a node of the campaign calls it. What it does not answer may have been done: every call of ours can be made again."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import orjson

from mock_bank.services.campaign.dependencies.dependencies import Dependencies
from mock_bank.services.kit.circuit_breaker import NotCalledError
from mock_bank.services.kit.http_client import HttpClient
from mock_bank.services.kit.service_node import ServiceNode

TIMEOUT_S: Final = 2.0
"""Two calls well inside the leases of payouts and bundles, of five seconds."""

_BROKEN: Final = 500


class BankSilentError(Exception):
    """The bank was not asked, or has not said what it did."""


class _OutOfOrderError(Exception):
    """It answers that it could not."""


class Bank:
    """Of one node."""

    def __init__(self, node: ServiceNode) -> None:
        """Its breaker, as the process before this one left it."""
        self._node = node
        self._client = HttpClient()

    async def post(self, path: str, body: Mapping[str, object]) -> tuple[int, bytes]:
        """Status and body of its answer, which is no 5xx.

        Raises:
            BankSilentError: it did not answer so, or its breaker is open.
        """
        try:
            return await self._node.one(Dependencies)["bank"].call(lambda: self._sent(path, orjson.dumps(body)))
        except NotCalledError as error:
            raise BankSilentError(f"the bank was not asked: {error}") from error
        except _OutOfOrderError as error:
            raise BankSilentError(f"the bank answered {error}") from error
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            raise BankSilentError(f"the bank did not answer: {type(error).__name__}") from error

    async def _sent(self, path: str, body: bytes) -> tuple[int, bytes]:
        config = self._node.config
        headers = {"X-Operator-Token": config.operator_token, "Content-Type": "application/json"}
        said = f"?caller={config.name}&sent_ns={time.monotonic_ns()}"  # so that both ledgers can be laid side by side
        async with asyncio.timeout(TIMEOUT_S):
            status, answer = await self._client.post(f"{config.bank_url}{path}{said}", headers, body)
        if status >= _BROKEN:
            raise _OutOfOrderError(status)
        return status, answer
