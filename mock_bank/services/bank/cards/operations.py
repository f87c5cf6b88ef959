"""Binding a card, and the proof of it."""

import hashlib
from typing import Final

from mock_bank.services.bank.cards.models import BindingReply, CardBody, CardReply
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

ALREADY_BOUND: Final = Code("ALREADY_BOUND", 409, "the customer has bound this card")
CARD_TAKEN: Final = Code("CARD_TAKEN", 409, "this card is another customer's")
NOT_VERIFIED: Final = Code("NOT_VERIFIED", 409, "the customer's identity has not been verified")
PROOF_S: Final = 30 * 60


@operation(
    "card.bind",
    "POST",
    "/bank/v1/cards",
    CardReply,
    codes=(OK, ALREADY_BOUND, CARD_TAKEN, NOT_VERIFIED),
    body=CardBody,
    effectful=True,
    keyed=True,
    sample=Sample({"card_no": "{kyc_id}"}),
)
async def bind(node: ServiceNode, request: Request) -> Reply:
    """Bind a card to a customer whose identity has been verified."""
    body: CardBody = request.body
    digest = hashlib.blake2b(body.card_no.encode(), key=node.signer.secret, digest_size=32).digest()
    return await effect(node, "bank.bind_card", request, digest, f"**** {body.card_no[-4:]}")


@operation("card.proof", "GET", "/bank/v1/cards/{card_token}/proof", BindingReply, codes=(OK, NOT_FOUND), sample=Sample())
async def proof(node: ServiceNode, request: Request) -> Reply:
    """The proof that this customer has bound this card, for half an hour."""
    row = await node.database.row(
        "select 1 from bank.cards where card_token = $1 and customer_no = $2", request.path[0], request.customer_no
    )
    if row is None:
        return Reply(NOT_FOUND)
    token, _ = node.signer.issue("binding", f"{request.customer_no}/{request.path[0]}", PROOF_S)
    return ok({"card_token": request.path[0], "binding_token": token})
