"""A new connection's warm-up: every operation that has a sample is asked once on it, in a transaction that is rolled back.

A connection's own server process compiles functions, plans statements and reads the catalogue when it first needs to; our own process
builds validators and encoders, and the interpreter its caches. Somebody pays for that: better nobody than the first customers.
"""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from mock_bank.services.kit.operation import Access, Operation, Sample
from mock_bank.services.kit.service_node import Database, ServiceNode
from mock_bank.services.serving.http_app import HttpApp

HOLE: Final = re.compile(r"\{(\w+)\}")
FAILED: Final = 400
TOKEN_S: Final = 60


class ColdError(Exception):
    """A sample was not answered as it should be; says which and with what."""


class WarmUp:
    """Asks all samples, as soon as all that stands in them is known: the operator's first, who sets the stage, then by feature."""

    def __init__(self, node: ServiceNode, app: HttpApp, operations: Iterable[Operation]) -> None:
        """Keep what is asked, and of whom."""
        self._node = node
        self._app = app
        asked = sorted(operations, key=lambda operation: operation.access is not Access.OPERATOR)
        self._samples = [(operation, operation.sample) for operation in asked if operation.sample]
        self._counter = itertools.count(1)

    async def __call__(self, transaction: Database) -> None:
        """Warms up the connection of this transaction, and leaves no trace but in its caches.

        Raises:
            ColdError: a sample is refused, or cannot be filled in.
        """
        tag = f"warm-{self._node.config.name}-{next(self._counter)}"
        node = self._node.beside(transaction)
        heard: dict[str, Any] = {"tag": tag}
        pending = list(self._samples)
        while pending:
            ready = next((both for both in pending if _holes(*both) <= heard.keys()), None)
            if ready is None:
                raise ColdError(f"nothing tells what the samples of {', '.join(operation.id for operation, _ in pending)} need")
            pending.remove(ready)
            heard |= await self._ask(node, *ready, heard)

    async def _ask(self, node: ServiceNode, operation: Operation, sample: Sample, heard: dict[str, Any]) -> dict[str, Any]:
        values = heard | {name: _filled(text, heard) for name, text in sample.path.items()}
        scope = _Scope(
            operation.method,
            operation.path.format(**values),
            sample.query,
            self._headers(operation, sample, heard),
        )
        exchange = _Exchange(orjson.dumps(_filled(sample.body, heard)))
        await self._app.answer(scope, exchange, node)
        told = orjson.loads(exchange.answer)
        if exchange.status >= FAILED and told.get("code") != sample.code:
            raise ColdError(f"{operation.id}: {exchange.answer.decode()}")
        data = told.get("data")
        return data if isinstance(data, dict) else {}

    def _headers(self, operation: Operation, sample: Sample, heard: Mapping[str, Any]) -> dict[str, str]:
        if operation.access is Access.OPERATOR:
            return {"x-operator-token": self._node.config.operator_token}
        token, _ = self._node.signer.issue("session", str(_filled(sample.customer, heard)), TOKEN_S)
        return {"authorization": f"Bearer {token}", "idempotency-key": f"{heard['tag']}.{operation.id}"[-64:]}


@dataclass(frozen=True, slots=True)
class _Scope:
    """The head of a sample's request, as RSGI has it."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]


class _Exchange:
    """The body of a sample's request, and its answer, as RSGI has them."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.status, self.answer = 0, b""

    async def __call__(self) -> bytes:
        return self._body

    def response_bytes(self, status: int, _headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.answer = status, body


def _holes(operation: Operation, sample: Sample) -> set[str]:
    """The names that must be known before it can be asked."""
    given = orjson.dumps([sample.body, list(sample.path.values())]).decode()
    return (set(HOLE.findall(operation.path)) - sample.path.keys()) | set(HOLE.findall(given))


def _filled(thing: Any, heard: Mapping[str, Any]) -> Any:
    """The same with every `{name}` in its texts replaced; a text that is nothing but one becomes the value itself."""
    if isinstance(thing, str):
        whole = HOLE.fullmatch(thing)
        return heard[whole[1]] if whole else HOLE.sub(lambda hole: str(heard[hole[1]]), thing)
    if isinstance(thing, Mapping):
        return {name: _filled(value, heard) for name, value in thing.items()}
    return [_filled(value, heard) for value in thing] if isinstance(thing, (list, tuple)) else thing
