"""A quote for foreign money, and the deal in it."""

from typing import Final

from mock_bank.services.bank.accounts.codes import ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS
from mock_bank.services.bank.fx.models import DealBody, DealReply, QuoteBody, QuoteReply
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

QUOTE_NOT_FOUND: Final = Code("QUOTE_NOT_FOUND", 404, "no such quote")
QUOTE_USED: Final = Code("QUOTE_USED", 409, "this quote has been dealt in")
QUOTE_EXPIRED: Final = Code("QUOTE_EXPIRED", 409, "this quote's time is over")


@operation(
    "fx.quote",
    "POST",
    "/bank/v1/fx-quotes",
    QuoteReply,
    body=QuoteBody,
    effectful=True,
    keyed=True,
    sample=Sample({"currency": "USD", "foreign_cents": 1}),
)
async def quote(node: ServiceNode, request: Request) -> Reply:
    """Ask what so much foreign money costs; the answer holds until it expires."""
    body: QuoteBody = request.body
    return await effect(node, "bank.quote_fx", request, body.currency, body.foreign_cents)


@operation(
    "fx.deal",
    "POST",
    "/bank/v1/fx-deals",
    DealReply,
    codes=(OK, ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS, QUOTE_NOT_FOUND, QUOTE_USED, QUOTE_EXPIRED),
    body=DealBody,
    effectful=True,
    keyed=True,
    sample=Sample({"from_account": "AC-{tag}", "quote_id": "{quote_id}"}),
    gives_way=GivesWay.LAST,
)
async def deal(node: ServiceNode, request: Request) -> Reply:
    """Buy it at the sum that the quote showed, once, while the quote holds."""
    body: DealBody = request.body
    return await effect(node, "bank.deal_fx", request, body.from_account, body.quote_id)
