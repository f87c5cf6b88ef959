"""Reading the proof of a tier."""

from typing import Final

from mock_bank.services.kit.codes import Code
from mock_bank.services.kit.operation import Request
from mock_bank.services.kit.service_node import ServiceNode

NOT_ENTITLED: Final = Code("NOT_ENTITLED", 409, "this is for customers of another tier")


def tier_of(node: ServiceNode, request: Request, token: str) -> str:
    """This customer's, as the bank has signed; a node that is being warmed up has nobody to ask for a proof.

    Raises:
        RefusedError: it is no proof, or another customer's.
    """
    if node.alone:
        return "gold"
    (tier,) = node.signer.open_for(request.customer_no, "tier", token)
    return tier
