"""Paying a batch of the campaign's payouts."""

from mock_bank.services.bank.internal_calls.noting import QUERY, note_call
from mock_bank.services.bank.payouts.models import Payout, PayoutsBody, PayoutsReply
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode


@operation(
    "payout.submit",
    "POST",
    "/bank/v1/internal/payouts",
    PayoutsReply,
    query=QUERY,
    body=PayoutsBody,
    access=Access.OPERATOR,
    effectful=True,
    sample=Sample({"payouts": [{"payout_key": "{tag}", "customer_no": "{tag}", "amount_fen": 1, "kind": "sample"}]}),
)
async def submit(node: ServiceNode, request: Request) -> Reply:
    """Pay a batch of the campaign's payouts, each once per payout key."""
    await note_call(node, request, "payouts")
    wanted: list[Payout] = request.body.payouts
    rows = await node.database.rows(
        "select payout_key, state from bank.pay_out($1, $2, $3, $4, $5)",
        [payout.payout_key for payout in wanted],
        [payout.customer_no for payout in wanted],
        [payout.amount_fen for payout in wanted],
        [payout.kind for payout in wanted],
        node.site,
    )
    return ok({"results": [{"payout_key": row[0], "state": row[1]} for row in rows]})
