"""Opening a plan and cancelling it, for the bank's other services."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.bank.internal_calls.noting import QUERY, note_call
from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.field_types import Name, PositiveFen
from mock_bank.services.kit.operation import Access, Body, Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

MOST_FEN = 10**9


class PlanBody(Body):
    """Whose plan, by which id, over how much a month."""

    plan_id: Name
    customer_no: Name
    monthly_fen: Annotated[PositiveFen, Field(le=MOST_FEN)]


class CancelBody(Body):
    """Which plan of whose."""

    plan_id: Name
    customer_no: Name


class PlanReply(BaseModel):
    """How a plan stands."""

    plan_id: str
    state: Literal["OPEN", "CANCELLED"]


@operation(
    "plan.open",
    "POST",
    "/bank/v1/internal/plans",
    PlanReply,
    codes=(OK, NOT_FOUND),
    query=QUERY,
    body=PlanBody,
    access=Access.OPERATOR,
    effectful=True,
    sample=Sample({"plan_id": "{tag}", "customer_no": "{tag}", "monthly_fen": 1}),
)
async def open_plan(node: ServiceNode, request: Request) -> Reply:
    """Open a plan, once for its id."""
    body: PlanBody = request.body
    await note_call(node, request, "plans")
    row = await node.database.row("select bank.open_plan($1, $2, $3, $4)", body.plan_id, body.customer_no, body.monthly_fen, node.site)
    return ok({"plan_id": body.plan_id, "state": row[0]}) if row[0] else Reply(NOT_FOUND)


@operation(
    "plan.cancel",
    "POST",
    "/bank/v1/internal/plans/cancellations",
    PlanReply,
    query=QUERY,
    body=CancelBody,
    access=Access.OPERATOR,
    effectful=True,
    sample=Sample({"plan_id": "{tag}", "customer_no": "{tag}"}),
)
async def cancel_plan(node: ServiceNode, request: Request) -> Reply:
    """Cancel a plan; it is never opened again."""
    body: CancelBody = request.body
    await note_call(node, request, "cancellations")
    row = await node.database.row("select bank.cancel_plan($1, $2, $3)", body.plan_id, body.customer_no, node.site)
    return ok({"plan_id": body.plan_id, "state": row[0]})
