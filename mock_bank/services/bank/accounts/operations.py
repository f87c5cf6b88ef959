"""The balance."""

import time

from pydantic import BaseModel

from mock_bank.services.bank.accounts.codes import ACCOUNT_NOT_FOUND
from mock_bank.services.kit import codes
from mock_bank.services.kit.codes import RefusedError
from mock_bank.services.kit.operation import Reply, Request, Sample, operation
from mock_bank.services.kit.service_node import ServiceNode


class Balance(BaseModel):
    """An account's balance."""

    account_id: str
    balance_fen: int
    at_ms: int


@operation(
    "account.balance",
    "GET",
    "/bank/v1/accounts/{account_id}",
    Balance,
    codes=(codes.OK, ACCOUNT_NOT_FOUND),
    sample=Sample(path={"account_id": "AC-{tag}"}),
)
async def balance(node: ServiceNode, request: Request) -> Reply:
    """The balance of the customer's own account."""
    fen = await node.database.row(
        "select balance_fen from bank.accounts where account_id = $1 and customer_no = $2", request.path[0], request.customer_no
    )
    if fen is None:
        raise RefusedError(ACCOUNT_NOT_FOUND)
    return Reply(
        codes.OK, b'{"account_id":"%b","balance_fen":%d,"at_ms":%d}' % (request.path[0].encode(), fen[0], time.time_ns() // 1_000_000)
    )
