"""How many of the internal calls are answered by an error, and one that does nothing but meet it."""

from typing import Annotated

from pydantic import BaseModel, Field

from mock_bank.services.bank.internal_calls.noting import QUERY, note_call
from mock_bank.services.kit.operation import Access, Body, Reply, Request, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

Share = Annotated[float, Field(ge=0, le=1)]


class ErrorsBody(Body):
    """Of the calls of the bank's other services, the share that is answered by an error from now on; nothing is done for these."""

    share: Share


class ErrorsReply(BaseModel):
    """How the dial stands."""

    share: Share


class PingReply(BaseModel):
    """Who answers."""

    node: str


@operation("internal-errors.get", "GET", "ops/internal-errors", ErrorsReply, access=Access.OPERATOR)
async def get_errors(node: ServiceNode, _request: Request) -> Reply:
    """How many of the internal calls are answered by an error, at every node."""
    row = await node.database.row("select coalesce((select share from bank.internal_errors), 0)")
    return ok({"share": row[0]})


@operation("internal-errors.set", "PUT", "ops/internal-errors", ErrorsReply, body=ErrorsBody, access=Access.OPERATOR)
async def set_errors(node: ServiceNode, request: Request) -> Reply:
    """Have so many of the internal calls answered by an error, at every node."""
    body: ErrorsBody = request.body
    await node.database.row("select bank.set_internal_errors($1)", body.share)
    return ok({"share": body.share})


@operation("internal.ping", "GET", "/bank/v1/internal/ping", PingReply, query=QUERY, access=Access.OPERATOR)
async def ping(node: ServiceNode, request: Request) -> Reply:
    """An internal call that does nothing, answered like any other."""
    await note_call(node, request, "ping")
    return ok({"node": node.config.name})
