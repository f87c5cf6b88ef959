"""One node's HTTP application: finds the operation, checks who asks, and puts the answer into the envelope."""

import hashlib
import itertools
import logging
import math
import re
from collections.abc import Awaitable, Iterable, Mapping
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, unquote

import orjson
from pydantic import ValidationError

from mock_bank.services.kit.answers import AnswerObserver
from mock_bank.services.kit.capacity import Capacity
from mock_bank.services.kit.codes import (
    BAD_PARAM,
    EVERYBODYS,
    FORBIDDEN,
    IDEMPOTENCY_KEY_MISSING,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    SYSTEM_BUSY,
    SYSTEM_ERROR,
    TOKEN_INVALID,
    TXN_UNKNOWN,
    Code,
    RefusedError,
)
from mock_bank.services.kit.errors import BrokenError, BusyError, UnknownError
from mock_bank.services.kit.operation import NULL, Access, Operation, Reply, Request
from mock_bank.services.kit.service_node import ServiceNode

BODY_LIMIT: Final = 8_000_000
KEY: Final = re.compile(r"[A-Za-z0-9.:_-]{8,64}")
TRACE: Final = re.compile(r"[A-Za-z0-9.:_-]{1,64}")
TEST_MARK: Final = "x-pressure-test"
UNBOUNDED: Final = frozenset(("/health", "/ready"))  # a node that is full is not ill

log = logging.getLogger("mock_bank")


class Scope(Protocol):
    """A request's head, as RSGI has it."""

    @property
    def method(self) -> str:
        """The method."""

    @property
    def path(self) -> str:
        """The path, as it was sent."""

    @property
    def query_string(self) -> str:
        """What stands behind the question mark."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers, their names in lower case."""


class Exchange(Protocol):
    """A request's body, and where its answer goes, as RSGI has them."""

    def __call__(self) -> Awaitable[bytes]:
        """The body."""

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Answer."""


class Router:
    """Finds an operation by method and path, segment by segment."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Build the tree once."""
        self._root: dict[str, Any] = {}
        for operation in operations:
            node = self._root
            for segment in operation.path.split("/"):
                node = node.setdefault("{}" if segment.startswith("{") else segment, {})
            node.setdefault("", {})[operation.method] = operation

    def find(self, method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
        """The operation and the values of its path; RefusedError NOT_FOUND or METHOD_NOT_ALLOWED."""
        node: dict[str, Any] | None = self._root
        values: list[str] = []
        for segment in path.split("/"):
            if node is None:
                break
            step = node.get(segment) if segment or node is self._root else None
            if step is None and segment:
                step = node.get("{}")
                values.append(unquote(segment) if "%" in segment else segment)
            node = step
        methods = node.get("") if node else None
        if not methods:
            raise RefusedError(NOT_FOUND)
        operation = methods.get(method)
        if operation is None:
            raise RefusedError(METHOD_NOT_ALLOWED)
        return operation, tuple(values)


class HttpApp:
    """The RSGI application of one node."""

    def __init__(self, node: ServiceNode, operations: Iterable[Operation], observers: Iterable[AnswerObserver] = ()) -> None:
        """Prepare all that does not change from request to request."""
        self._observers = tuple(observers)
        operations = tuple(operations)
        self._node = node
        self._router = Router(operations)
        codes = {code for operation in operations for code in operation.codes}.union(EVERYBODYS)
        self._codes: dict[str, Code] = {str(code): code for code in codes}
        self._heads = {str(code): f'{{"code":"{code}","message":"{code.message}","trace_id":"'.encode() for code in codes}
        self._headers = [("content-type", "application/json"), ("x-site", node.site), ("x-node", node.config.name)]
        self._counter = itertools.count(1)
        self._capacity = node.one(Capacity)

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Answer one request, whatever happens."""
        await self.answer(scope, exchange, self._node)

    async def answer(self, scope: Scope, exchange: Exchange, node: ServiceNode) -> None:
        """The same, as if it were asked of this node."""
        incoming = scope.headers
        trace = incoming.get("x-request-id")
        if trace is None or not TRACE.fullmatch(trace):
            trace = f"{self._node.config.name}-{next(self._counter):x}"
        detail, retry_after_s, operation = "", 1.0, None
        try:
            operation, values = self._router.find(scope.method, scope.path)
            reply = await self._reply(operation, values, scope, exchange, node, trace)
            if reply.code not in self._codes:
                raise LookupError(f"no operation declares the code {reply.code}")  # noqa: TRY301 - an error of ours as any other
        except RefusedError as refused:
            reply, detail = Reply(refused.code), "" if str(refused) == refused.code.message else str(refused)
            retry_after_s = refused.retry_after_s
        except Exception:
            log.exception("unexpected, trace %s", trace)
            reply = Reply(SYSTEM_ERROR)
        code = self._codes[reply.code]
        status = code.status
        if operation is not None and not node.alone:
            for observer in self._observers:
                observer.see(node, operation, code)
        headers = self._headers
        if status == 503:  # noqa: PLR2004 - a status is its own name
            headers = [*headers, ("retry-after", str(math.ceil(retry_after_s)))]
        mark = incoming.get(TEST_MARK)
        if mark is not None:
            headers = [*headers, (TEST_MARK, mark)]
        exchange.response_bytes(status, headers, reply.data if reply.bare else self._envelope(reply, trace, detail))

    def _envelope(self, reply: Reply, trace: str, detail: str) -> bytes:
        if detail:
            return orjson.dumps({"code": str(reply.code), "message": detail, "trace_id": trace, "data": None})
        return self._heads[reply.code] + trace.encode() + b'","data":' + (reply.data or NULL) + b"}"

    async def _reply(
        self, operation: Operation, values: tuple[str, ...], scope: Scope, exchange: Exchange, node: ServiceNode, trace: str
    ) -> Reply:
        if node.alone or operation.access is Access.OPERATOR or operation.path in UNBOUNDED:
            return await self._handled(operation, values, scope, exchange, node, trace)
        try:
            entered_s = await self._capacity.enter(operation.gives_way)
        except BusyError:
            return Reply(SYSTEM_BUSY)
        try:
            return await self._handled(operation, values, scope, exchange, node, trace)
        finally:
            self._capacity.leave(entered_s)

    async def _handled(
        self, operation: Operation, values: tuple[str, ...], scope: Scope, exchange: Exchange, node: ServiceNode, trace: str
    ) -> Reply:
        request = await _understood(operation, values, scope, exchange, node)
        try:
            return await operation.handler(node, request)
        except BusyError as busy:
            log.info("%s busy: %s, trace %s", operation.id, busy, trace)
            return Reply(SYSTEM_BUSY)
        except UnknownError as unknown:
            log.warning("%s unknown: %s, trace %s", operation.id, unknown, trace)
            return Reply(TXN_UNKNOWN if operation.effectful else SYSTEM_ERROR)
        except BrokenError:
            log.exception("%s broken, trace %s", operation.id, trace)
            return Reply(SYSTEM_ERROR)


async def _understood(operation: Operation, values: tuple[str, ...], scope: Scope, exchange: Exchange, node: ServiceNode) -> Request:
    headers = scope.headers
    request = Request(values, dict(parse_qsl(scope.query_string)) if scope.query_string else {}, headers.get("x-device-id", ""))
    if operation.access is Access.CUSTOMER:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme != "Bearer":
            raise RefusedError(TOKEN_INVALID)
        request.customer_no = node.signer.open("session", token)
    elif operation.access is Access.OPERATOR and headers.get("x-operator-token") != node.config.operator_token:
        raise RefusedError(FORBIDDEN)
    if operation.keyed:
        request.key = headers.get("idempotency-key", "")
        if not KEY.fullmatch(request.key):
            raise RefusedError(IDEMPOTENCY_KEY_MISSING)
    if operation.body is not None:
        raw = await exchange()
        if len(raw) > BODY_LIMIT:
            raise RefusedError(BAD_PARAM, f"a body has at most {BODY_LIMIT} bytes")
        try:
            request.body = operation.body.model_validate_json(raw)
        except ValidationError as error:
            raise RefusedError(BAD_PARAM, sentence(error)) from error
    if operation.keyed:
        # Of the meaning, not of the bytes: a client may write the same JSON with other blanks, or renew a token.
        meaning = request.body.model_dump_json(exclude=set(operation.unhashed)) if request.body is not None else ""
        request.body_hash = hashlib.blake2b(f"{'/'.join(values)}\n{meaning}".encode(), digest_size=16).digest()
    return request


def sentence(error: ValidationError) -> str:
    """The first fault of a body: where and what, never the value itself, which may be personal."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
