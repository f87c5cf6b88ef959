"""One node's front: finds the operation, checks who asks, and puts the answer into the envelope."""

import hashlib
import itertools
import logging
import re
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import orjson
from granian._granian import RSGIHTTPProtocol as HTTPProtocol
from granian.rsgi import Scope
from pydantic import ValidationError

from mock_bank.services.api import NULL, Access, Operation, Reply, Request
from mock_bank.services.codes import ANSWERS, Code, RefusedError
from mock_bank.services.config import NodeConfig
from mock_bank.services.database import BrokenError, BusyError, UnknownError
from mock_bank.services.tokens import Signer

IN_FLIGHT_LIMIT: Final = 1024
BODY_LIMIT: Final = 8_000_000
RETRY: Final = [("retry-after", "1")]
KEY: Final = re.compile(r"[A-Za-z0-9.:_-]{8,64}")
TRACE: Final = re.compile(r"[A-Za-z0-9.:_-]{1,64}")
HEADS: Final = {code: f'{{"code":"{code}","message":"{text}","trace_id":"'.encode() for code, (_, text) in ANSWERS.items()}
TEST_MARK: Final = "x-pressure-test"

log = logging.getLogger("mock_bank")


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
            raise RefusedError(Code.NOT_FOUND)
        operation = methods.get(method)
        if operation is None:
            raise RefusedError(Code.METHOD_NOT_ALLOWED)
        return operation, tuple(values)


class Front:
    """The RSGI application of one node."""

    def __init__(self, config: NodeConfig, operations: Iterable[Operation]) -> None:
        """Prepare all that does not change from request to request."""
        self._router = Router(operations)
        self._signer = Signer(config.secret.encode())
        self._operator_token = config.operator_token
        self._headers = [("content-type", "application/json"), ("x-site", config.site), ("x-node", config.name)]
        self._trace_prefix = config.name
        self._counter = itertools.count(1)
        self._in_flight = 0

    async def __rsgi__(self, scope: Scope, proto: HTTPProtocol) -> None:
        """Answer one request, whatever happens."""
        incoming = scope.headers
        trace = incoming.get("x-request-id")
        if trace is None or not TRACE.fullmatch(trace):
            trace = f"{self._trace_prefix}-{next(self._counter):x}"
        self._in_flight += 1
        detail = ""
        try:
            reply = await self._reply(scope, proto, trace)
        except RefusedError as refused:
            reply, detail = Reply(refused.code), str(refused)
        except Exception:
            log.exception("unexpected, trace %s", trace)
            reply = Reply(Code.SYSTEM_ERROR)
        finally:
            self._in_flight -= 1
        status = ANSWERS[reply.code][0]
        headers = self._headers
        if status == 503:  # noqa: PLR2004 - a status is its own name
            headers = headers + RETRY
        mark = incoming.get(TEST_MARK)
        if mark is not None:
            headers = [*headers, (TEST_MARK, mark)]
        proto.response_bytes(status, headers, reply.data if reply.bare else envelope(reply, trace, detail))

    async def _reply(self, scope: Scope, proto: HTTPProtocol, trace: str) -> Reply:
        operation, values = self._router.find(scope.method, scope.path)
        if self._in_flight > IN_FLIGHT_LIMIT and operation.path != "/health":
            return Reply(Code.SYSTEM_BUSY)
        request = await self._understand(operation, values, scope, proto)
        try:
            return await operation.handler(request)
        except BusyError as busy:
            log.info("%s busy: %s, trace %s", operation.name, busy, trace)
            return Reply(Code.SYSTEM_BUSY)
        except UnknownError as unknown:
            log.warning("%s unknown: %s, trace %s", operation.name, unknown, trace)
            return Reply(Code.TXN_UNKNOWN if operation.effectful else Code.SYSTEM_ERROR)
        except BrokenError:
            log.exception("%s broken, trace %s", operation.name, trace)
            return Reply(Code.SYSTEM_ERROR)

    async def _understand(self, operation: Operation, values: tuple[str, ...], scope: Scope, proto: HTTPProtocol) -> Request:
        headers = scope.headers
        request = Request(values, dict(parse_qsl(scope.query_string)) if scope.query_string else {}, headers.get("x-device-id", ""))
        if operation.access is Access.CUSTOMER:
            scheme, _, token = headers.get("authorization", "").partition(" ")
            if scheme != "Bearer":
                raise RefusedError(Code.TOKEN_INVALID)
            request.customer_no = self._signer.open("session", token)
        elif operation.access is Access.OPERATOR and headers.get("x-operator-token") != self._operator_token:
            raise RefusedError(Code.FORBIDDEN)
        if operation.keyed:
            request.key = headers.get("idempotency-key", "")
            if not KEY.fullmatch(request.key):
                raise RefusedError(Code.IDEMPOTENCY_KEY_MISSING)
        if operation.body is not None:
            raw = await proto()
            if len(raw) > BODY_LIMIT:
                raise RefusedError(Code.BAD_PARAM, f"a body has at most {BODY_LIMIT} bytes")
            try:
                request.body = operation.body.model_validate_json(raw)
            except ValidationError as error:
                raise RefusedError(Code.BAD_PARAM, sentence(error)) from error
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


def envelope(reply: Reply, trace: str, detail: str = "") -> bytes:
    """The answer's bytes: code, message, trace id, data."""
    if detail and detail != ANSWERS[reply.code][1]:
        return orjson.dumps({"code": reply.code, "message": detail, "trace_id": trace, "data": None})
    return HEADS[reply.code] + trace.encode() + b'","data":' + (reply.data or NULL) + b"}"
