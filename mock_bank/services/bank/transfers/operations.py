"""Checking, making and following a transfer."""

from mock_bank.services.bank.accounts.codes import ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS
from mock_bank.services.bank.step_up.codes import RISK_CHALLENGE
from mock_bank.services.bank.transfers.models import PrecheckReply, TransferBody, TransferReply
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import NOT_FOUND, OK, RefusedError
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, ok, operation, reply_of
from mock_bank.services.kit.service_node import ServiceNode

_PARTIES = {"from_account": "AC-{tag}", "to_account": "AC-{tag}-payee"}
SAMPLE = Sample({**_PARTIES, "amount_fen": 1})


@operation(
    "transfer.precheck",
    "POST",
    "/bank/v1/transfers/precheck",
    PrecheckReply,
    codes=(OK, ACCOUNT_NOT_FOUND),
    body=TransferBody,
    sample=SAMPLE,
)
async def precheck(node: ServiceNode, request: Request) -> Reply:
    """Whether a transfer would go through now."""
    body: TransferBody = request.body
    row = await node.database.row(
        """select (select balance_fen from bank.accounts where account_id = $1 and customer_no = $2), c.name
             from bank.accounts a join bank.customers c using (customer_no) where a.account_id = $3""",
        body.from_account,
        request.customer_no,
        body.to_account,
    )
    if row is None or row[0] is None or body.from_account == body.to_account:
        raise RefusedError(ACCOUNT_NOT_FOUND)
    enough = row[0] >= body.amount_fen
    masked = "*" * (len(row[1]) - 1) + row[1][-1:]
    return ok({"allowed": enough, "reason": None if enough else str(INSUFFICIENT_FUNDS), "payee_name": masked, "fee_fen": 0})


@operation(
    "transfer.submit",
    "POST",
    "/bank/v1/transfers",
    TransferReply,
    codes=(OK, ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS, RISK_CHALLENGE),
    body=TransferBody,
    effectful=True,
    keyed=True,
    sample=SAMPLE,
    gives_way=GivesWay.LAST,
)
async def submit(node: ServiceNode, request: Request) -> Reply:
    """Move money between two accounts, once per key; a large sum, or one from a new telephone, once its challenge is answered."""
    return await _moved(node, request, "transfer.submit")


@operation(
    "transfer.new-device",
    "POST",
    "/bank/v1/transfers/by-new-devices",
    TransferReply,
    codes=(OK, ACCOUNT_NOT_FOUND, INSUFFICIENT_FUNDS, RISK_CHALLENGE),
    body=TransferBody,
    effectful=True,
    keyed=True,
    sample=Sample({**_PARTIES, "amount_fen": 50_000}, code=RISK_CHALLENGE),
    gives_way=GivesWay.LAST,
)
async def submit_by_new_device(node: ServiceNode, request: Request) -> Reply:
    """The same by a telephone that is not trusted yet, counted for itself; whether it is, the bank finds out by either way."""
    return await _moved(node, request, "transfer.new-device")


async def _moved(node: ServiceNode, request: Request, name: str) -> Reply:
    body: TransferBody = request.body
    terms = (body.from_account, body.to_account, body.amount_fen, body.purpose)
    return await effect(node, "bank.transfer", request, *terms, request.device, name)


@operation("transfer.status", "GET", "/bank/v1/transfers/{transfer_id}", TransferReply, codes=(OK, NOT_FOUND), sample=Sample())
async def status(node: ServiceNode, request: Request) -> Reply:
    """How a transfer of this customer stands; its id is TR-<key>, so it can be asked for after an unknown outcome."""
    row = await node.database.row(
        """select 'OK', json_build_object('transfer_id', transfer_id, 'state', state, 'rsp_code', rsp_code,
                  'amount_fen', amount_fen, 'at_ms', bank.epoch_ms(at))::text
             from bank.transfers where transfer_id = $1 and customer_no = $2""",
        request.path[0],
        request.customer_no,
    )
    return reply_of(row) if row is not None else Reply(NOT_FOUND)
