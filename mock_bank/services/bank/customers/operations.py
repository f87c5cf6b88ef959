"""Enrolment, by the operator."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from mock_bank.services.kit.field_types import Fen, Name
from mock_bank.services.kit.operation import Access, Body, Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode


class NewCustomer(Body):
    """A customer to enrol, with a first balance."""

    no: Name
    name: str
    phone: str
    id_no: str = ""
    card_no: str = ""
    device: str = ""
    tier: Literal["new", "active", "gold"] = "active"
    opening_balance_fen: Fen = 0


class EnrolBody(Body):
    """Customers to enrol; those who are enrolled already stay as they are."""

    customers: Annotated[list[NewCustomer], Field(min_length=1, max_length=2000)]
    actor: str = "operator"
    reason: str = "enrol"


class EnrolReply(BaseModel):
    """How many of them are new."""

    enrolled: int
    already: int


@operation(
    "customer.enrol",
    "POST",
    "/bank/v1/ops/customers",
    EnrolReply,
    body=EnrolBody,
    access=Access.OPERATOR,
    effectful=True,
    sample=Sample(
        {
            "customers": [
                {"no": "{tag}", "name": "{tag}", "phone": "{tag}", "opening_balance_fen": 100_000},
                {"no": "{tag}-payee", "name": "{tag}", "phone": "{tag}"},
            ]
        }
    ),
)
async def enrol(node: ServiceNode, request: Request) -> Reply:
    """Enrol customers with their opening balances."""
    body: EnrolBody = request.body
    new = body.customers
    row = await node.database.row(
        "select bank.enrol($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        [customer.no for customer in new],
        [customer.name for customer in new],
        [customer.phone for customer in new],
        [customer.id_no for customer in new],
        [customer.card_no for customer in new],
        [customer.device for customer in new],
        [customer.tier for customer in new],
        [customer.opening_balance_fen for customer in new],
        body.actor,
        body.reason,
        node.site,
    )
    return ok({"enrolled": row[0], "already": len(new) - row[0]})
