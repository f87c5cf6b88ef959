"""Paying, following a payment, and taking it back."""

from typing import Final

from mock_bank.services.bank.accounts.codes import ACCOUNT_NOT_FOUND, ALREADY_PAID, INSUFFICIENT_FUNDS
from mock_bank.services.bank.payments.models import PaymentBody, PaymentReply, ReceiptReply, ReversalBody, ReversalReply
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, ok, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode

RECEIPT_S: Final = 30 * 60
NOT_REVERSIBLE: Final = Code("NOT_REVERSIBLE", 409, "the payment cannot be reversed")


@operation(
    "payment.submit",
    "POST",
    "/bank/v1/payments",
    PaymentReply,
    codes=(OK, ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS, ALREADY_PAID),
    body=PaymentBody,
    effectful=True,
    keyed=True,
    sample=Sample({"account_id": "AC-{tag}", "merchant": "{tag}", "order_id": "{tag}", "amount_fen": 1}),
    gives_way=GivesWay.LAST,
)
async def submit(node: ServiceNode, request: Request) -> Reply:
    """Pay a merchant, once per key and once per order of the account."""
    body: PaymentBody = request.body
    return await effect(node, "bank.pay", request, body.account_id, body.merchant, body.order_id, body.amount_fen)


@operation("payment.status", "GET", "/bank/v1/payments/{payment_id}", PaymentReply, codes=(OK, NOT_FOUND), sample=Sample())
async def status(node: ServiceNode, request: Request) -> Reply:
    """How a payment of this customer stands; its id is PY-<key>."""
    row = await node.database.row(
        """select 'OK', json_build_object('payment_id', payment_id, 'state', state, 'rsp_code', rsp_code,
                  'amount_fen', amount_fen, 'at_ms', bank.epoch_ms(at))::text
             from bank.payments where payment_id = $1 and customer_no = $2""",
        request.path[0],
        request.customer_no,
    )
    return reply_of(row) if row is not None else Reply(NOT_FOUND)


@operation("payment.receipt", "GET", "/bank/v1/payments/{payment_id}/receipt", ReceiptReply, codes=(OK, NOT_FOUND), sample=Sample())
async def receipt(node: ServiceNode, request: Request) -> Reply:
    """The proof that this customer has paid, what and when, for half an hour; none of a payment that failed or was taken back."""
    row = await node.database.row(
        "select amount_fen, bank.epoch_ms(at) from bank.payments where payment_id = $1 and customer_no = $2 and state = 'SUCCESS'",
        request.path[0],
        request.customer_no,
    )
    if row is None:
        return Reply(NOT_FOUND)
    token, _ = node.signer.issue("receipt", f"{request.customer_no}/{request.path[0]}/{row[0]}/{row[1]}", RECEIPT_S)
    return ok({"payment_id": request.path[0], "amount_fen": row[0], "at_ms": row[1], "receipt_token": token})


@operation(
    "payment.reverse",
    "POST",
    "/bank/v1/payments/{payment_id}/reversals",
    ReversalReply,
    codes=(OK, NOT_FOUND, NOT_REVERSIBLE),
    body=ReversalBody,
    effectful=True,
    keyed=True,
    sample=Sample({}),
    gives_way=GivesWay.LAST,
)
async def reverse(node: ServiceNode, request: Request) -> Reply:
    """Take a payment back, whole and once."""
    body: ReversalBody = request.body
    return await effect(node, "bank.reverse", request, request.path[0], body.reason)
