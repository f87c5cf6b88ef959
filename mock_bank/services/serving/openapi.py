"""The OpenAPI document of a service, from its operations."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import orjson
from pydantic import RootModel
from pydantic.json_schema import models_json_schema

from mock_bank.services.kit.codes import (
    BAD_PARAM,
    FORBIDDEN,
    IDEMPOTENCY_IN_PROGRESS,
    IDEMPOTENCY_KEY_MISSING,
    IDEMPOTENCY_MISMATCH,
    OK,
    SYSTEM_BUSY,
    SYSTEM_ERROR,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    TXN_UNKNOWN,
    Code,
)
from mock_bank.services.kit.operation import Access, Operation, Reply, Request
from mock_bank.services.kit.service_node import ServiceNode

Schema = dict[str, Any]

_COMMON = (SYSTEM_BUSY, SYSTEM_ERROR)
_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.PUBLIC: [],
    Access.INVITED: [],
    Access.CUSTOMER: [{"session": []}],
    Access.OPERATOR: [{"operator": []}],
}
_SCHEMES = {
    "session": {"type": "http", "scheme": "bearer", "description": "the token of POST /bank/v1/sessions"},
    "operator": {"type": "apiKey", "in": "header", "name": "X-Operator-Token"},
}


class Document(RootModel[dict[str, object]]):
    """An OpenAPI document."""


def describing(title: str, operations: Sequence[Operation]) -> Operation:
    """The operation that gives the document of these operations and itself; it is made when it is first asked for."""

    async def handler(_node: ServiceNode, _request: Request) -> Reply:
        """This document."""
        return Reply(OK, text(), bare=True)

    itself = Operation("openapi", "GET", "/openapi.json", handler, Document, access=Access.PUBLIC, bare=True)
    text = cache(lambda: document(title, [*operations, itself]))
    return itself


def document(title: str, operations: Sequence[Operation]) -> bytes:
    """The whole document, as JSON."""
    models = {(o.reply, "serialization") for o in operations} | {(o.body, "validation") for o in operations if o.body is not None}
    ordered = sorted(models, key=lambda pair: (pair[0].__name__, pair[1]))
    refs, definitions = models_json_schema(ordered, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]  # the modes are literals
    paths: dict[str, Schema] = {}
    for operation in operations:
        body = refs[(operation.body, "validation")] if operation.body is not None else None
        paths.setdefault(operation.path, {})[operation.method.lower()] = _entry(operation, refs[(operation.reply, "serialization")], body)
    return orjson.dumps(
        {
            "openapi": "3.1.0",
            "info": {"title": title, "version": "1", "description": "Money is integer fen; times are epoch milliseconds."},
            "paths": paths,
            "components": {"schemas": definitions.get("$defs", {}), "securitySchemes": _SCHEMES},
        }
    )


def codes_of(operation: Operation) -> tuple[Code, ...]:
    """Every code that an operation can answer."""
    codes = [*operation.codes]
    if operation.access is Access.CUSTOMER:
        codes += [TOKEN_INVALID, TOKEN_EXPIRED]
    if operation.access is Access.OPERATOR:
        codes.append(FORBIDDEN)
    if operation.keyed:
        codes += [IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_IN_PROGRESS, IDEMPOTENCY_MISMATCH]
    if operation.body is not None or operation.query:
        codes.append(BAD_PARAM)
    if operation.effectful:
        codes.append(TXN_UNKNOWN)
    return tuple(dict.fromkeys((*codes, *_COMMON)))


def _entry(operation: Operation, reply: Schema, body: Schema | None) -> Schema:
    by_status: dict[int, list[Code]] = {}
    for code in codes_of(operation):
        by_status.setdefault(code.status, []).append(code)
    entry: Schema = {
        "operationId": operation.id,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "security": _SECURITY[operation.access],
        "responses": {str(status): _response(codes, reply, bare=operation.bare) for status, codes in sorted(by_status.items())},
    }
    if body is not None:
        entry["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return entry


def _parameters(operation: Operation) -> list[Schema]:
    names = [segment[1:-1] for segment in operation.path.split("/") if segment.startswith("{")]
    found: list[Schema] = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]
    found += [
        {"name": name, "in": "query", "required": False, "description": text, "schema": {"type": "string"}}
        for name, text in operation.query.items()
    ]
    if operation.keyed:
        pattern = {"type": "string", "pattern": "^[A-Za-z0-9.:_-]{8,64}$"}
        found.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": pattern})
    return found


def _response(codes: list[Code], reply: Schema, *, bare: bool) -> Schema:
    if bare and OK in codes:
        return {"description": "OK", "content": {"application/json": {"schema": reply}}}
    schema = {
        "type": "object",
        "required": ["code", "message", "trace_id", "data"],
        "properties": {
            "code": {"enum": [str(code) for code in codes]},
            "message": {"type": "string"},
            "trace_id": {"type": "string"},
            "data": {"anyOf": [reply, {"type": "null"}]},
        },
    }
    return {"description": ", ".join(str(code) for code in codes), "content": {"application/json": {"schema": schema}}}
