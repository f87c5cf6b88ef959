"""Paying a merchant's order, and the merchant's statement of the day."""

from mock_bank.services.bank.accounts.codes import ACCOUNT_NOT_FOUND, ALREADY_PAID, INSUFFICIENT_FUNDS
from mock_bank.services.bank.collections.models import CollectBody, CollectReply, StatementReply
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import OK
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode


@operation(
    "collection.pay",
    "POST",
    "/bank/v1/collections",
    CollectReply,
    codes=(OK, ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS, ALREADY_PAID),
    body=CollectBody,
    effectful=True,
    keyed=True,
    sample=Sample({"from_account": "AC-{tag}", "merchant_no": "{tag}-payee", "order_id": "{tag}", "amount_fen": 1}),
    gives_way=GivesWay.LAST,
)
async def pay(node: ServiceNode, request: Request) -> Reply:
    """Pay a merchant's order, once whoever scans it."""
    body: CollectBody = request.body
    return await effect(node, "bank.collect", request, body.from_account, body.merchant_no, body.order_id, body.amount_fen)


@operation("collection.statement", "GET", "/bank/v1/statement", StatementReply, sample=Sample())
async def statement(node: ServiceNode, request: Request) -> Reply:
    """What this customer, as a merchant, has collected today."""
    row = await node.database.row(
        "select orders, total_fen from bank.statements where account_id = $1 and day = bank.today()",
        f"AC-{request.customer_no}",
    )
    return ok({"orders": row[0] if row else 0, "total_fen": row[1] if row else 0})
