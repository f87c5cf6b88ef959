"""Logging in."""

from typing import Final

from pydantic import BaseModel

from mock_bank.services.kit import codes
from mock_bank.services.kit.codes import Code, RefusedError
from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Access, Body, Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

SESSION_S: Final = 2 * 3600
BAD_CREDENTIALS: Final = Code("BAD_CREDENTIALS", 401, "number and phone do not match")


class LoginBody(Body):
    """Who logs in, from which device."""

    no: Name
    phone: str
    device: str = ""


class Session(BaseModel):
    """A session token and what it opens."""

    token: str
    expires_at_ms: int
    customer_no: str
    accounts: list[str]


@operation(
    "session.create",
    "POST",
    "/bank/v1/sessions",
    Session,
    codes=(codes.OK, BAD_CREDENTIALS),
    body=LoginBody,
    access=Access.PUBLIC,
    sample=Sample({"no": "{tag}", "phone": "{tag}"}),
)
async def create(node: ServiceNode, request: Request) -> Reply:
    """Log in: a session for a customer whose number and phone match; the same refusal whichever does not."""
    body: LoginBody = request.body
    row = await node.database.row(
        """select c.phone, array(select account_id from bank.accounts a where a.customer_no = c.customer_no order by 1)
             from bank.customers c where c.customer_no = $1""",
        body.no,
    )
    if row is None or row[0] != body.phone:
        raise RefusedError(BAD_CREDENTIALS)
    token, expires_at_ms = node.signer.issue("session", body.no, SESSION_S)
    return ok({"token": token, "expires_at_ms": expires_at_ms, "customer_no": body.no, "accounts": row[1]})
