"""Sending foreign money abroad, what that costs, and who is spared it."""

from typing import Final

from mock_bank.services.bank.accounts.codes import ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS
from mock_bank.services.bank.fx.operations import QUOTE_EXPIRED, QUOTE_NOT_FOUND, QUOTE_USED
from mock_bank.services.bank.remittances.models import (
    PrivilegeBody,
    PrivilegeReply,
    RemittanceBody,
    RemittanceQuoteBody,
    RemittanceQuoteReply,
    RemittanceReply,
)
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import OK, Code
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

DEAL_NOT_FOUND: Final = Code("DEAL_NOT_FOUND", 404, "no such deal")
ALREADY_SENT: Final = Code("ALREADY_SENT", 409, "the money of this deal has been sent")


@operation(
    "privilege.set",
    "POST",
    "/bank/v1/ops/privilege",
    PrivilegeReply,
    body=PrivilegeBody,
    access=Access.OPERATOR,
    effectful=True,
)
async def privilege(node: ServiceNode, request: Request) -> Reply:
    """Say what sending costs, and when and how often gold customers are spared it."""
    body: PrivilegeBody = request.body
    terms = (body.fee_fen, body.free, body.free_from, body.free_until)
    await node.database.row("select bank.set_privilege($1, $2, $3, $4, $5, $6, $7)", *terms, body.actor, body.reason, node.site)
    return ok({"fee_fen": body.fee_fen, "free": body.free})


@operation(
    "remit.quote",
    "POST",
    "/bank/v1/remittance-quotes",
    RemittanceQuoteReply,
    codes=(OK, DEAL_NOT_FOUND, ALREADY_SENT),
    body=RemittanceQuoteBody,
    effectful=True,
    keyed=True,
    sample=Sample({"deal_id": "{deal_id}"}),
)
async def quote(node: ServiceNode, request: Request) -> Reply:
    """Ask what sending a deal's money abroad costs; the answer holds until it expires."""
    body: RemittanceQuoteBody = request.body
    return await effect(node, "bank.quote_remittance", request, body.deal_id)


@operation(
    "remit.send",
    "POST",
    "/bank/v1/remittances",
    RemittanceReply,
    codes=(OK, ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS, QUOTE_NOT_FOUND, QUOTE_USED, QUOTE_EXPIRED, ALREADY_SENT),
    body=RemittanceBody,
    effectful=True,
    keyed=True,
    sample=Sample({"from_account": "AC-{tag}", "quote_id": "{quote_id}"}),
    gives_way=GivesWay.LAST,
)
async def send(node: ServiceNode, request: Request) -> Reply:
    """Send it for the fee that the quote showed, once, while the quote holds."""
    body: RemittanceBody = request.body
    return await effect(node, "bank.send_remittance", request, body.from_account, body.quote_id)
