"""The report on what a customer has spent, and the diagnosis that is made of it."""

import asyncio
from typing import Final

from mock_bank.services.bank.spending.models import Advice, DiagnosisReply, SpendingReply
from mock_bank.services.kit.bulkhead import Bulkhead
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.operation import Reply, Request, Sample, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

PLAIN: Final[Advice] = "deposit"
"""For everybody, where nothing is worked out."""

_REPORT_S: Final = 0.4
_DIAGNOSIS_S: Final = 0.3
"""Of the engines that sort and weigh, somewhere else."""


@operation("spending.get", "GET", "/bank/v1/spending", SpendingReply, gives_way=GivesWay.FIRST, sample=Sample())
async def spending(node: ServiceNode, request: Request) -> Reply:
    """What this customer has spent, by what for: worked out where there is room for it, else not now."""
    with node.one(Bulkhead).place() as room:
        if not room:
            return ok({"worked_out": False})
        await _thinks(node, _REPORT_S)
        row = await node.database.row("select * from bank.spent($1)", request.customer_no)
    return ok({"worked_out": True, "transfers_fen": row[0], "bills_fen": row[1], "shops_fen": row[2], "abroad_fen": row[3]})


@operation("diagnosis.get", "GET", "/bank/v1/diagnosis", DiagnosisReply, gives_way=GivesWay.FIRST, sample=Sample())
async def diagnosis(node: ServiceNode, request: Request) -> Reply:
    """What this customer might do with their money, by what they have and what they have spent."""
    with node.one(Bulkhead).place() as room:
        if not room:
            return ok({"worked_out": False, "advice": PLAIN})
        await _thinks(node, _DIAGNOSIS_S)
        row = await node.database.row(
            """select s.transfers_fen + s.bills_fen + s.shops_fen + s.abroad_fen,
                      coalesce((select balance_fen from bank.accounts where account_id = 'AC-' || $1), 0)
                 from bank.spent($1) s""",
            request.customer_no,
        )
    return ok({"worked_out": True, "spent_fen": row[0], "advice": advised(row[0], row[1])})


def advised(spent_fen: int, balance_fen: int) -> Advice:
    """By what has been spent and what is left."""
    if spent_fen > balance_fen:
        return "keep-a-budget"
    return "save-a-little" if spent_fen else PLAIN


async def _thinks(node: ServiceNode, takes_s: float) -> None:
    """As long as the engine takes; a connection that is only warmed up does not wait for it."""
    if not node.alone:
        await asyncio.sleep(takes_s)
