"""What a customer is to the bank."""

from typing import Final, Literal

from pydantic import BaseModel

from mock_bank.services.kit.codes import NOT_FOUND, OK
from mock_bank.services.kit.operation import Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

PROOF_S: Final = 30 * 60


class Membership(BaseModel):
    """A tier, and the proof of it."""

    tier: Literal["new", "active", "gold"]
    tier_token: str


@operation("membership.get", "GET", "/bank/v1/membership", Membership, codes=(OK, NOT_FOUND), sample=Sample())
async def membership(node: ServiceNode, request: Request) -> Reply:
    """The customer's tier, with a proof for half an hour."""
    row = await node.database.row("select tier from bank.customers where customer_no = $1", request.customer_no)
    if row is None:
        return Reply(NOT_FOUND)
    token, _ = node.signer.issue("tier", f"{request.customer_no}/{row[0]}", PROOF_S)
    return ok({"tier": row[0], "tier_token": token})
