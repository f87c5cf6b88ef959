"""Reading a receipt."""

from dataclasses import dataclass

from mock_bank.services.campaign.campaigns.campaigns import now_ms
from mock_bank.services.kit.operation import Request
from mock_bank.services.kit.service_node import ServiceNode


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was paid, and when."""

    payment: str
    amount_fen: int
    at_ms: int


def paid(node: ServiceNode, request: Request, token: str) -> Receipt:
    """What this customer has paid, as the bank has signed; a node that is being warmed up has nobody to ask for a receipt.

    Raises:
        RefusedError: it is no receipt, or another customer's.
    """
    if node.alone:
        return Receipt(token, 100_000, now_ms())
    payment, amount_fen, at_ms = node.signer.open_for(request.customer_no, "receipt", token, 3)
    return Receipt(payment, int(amount_fen), int(at_ms))
