"""Verifying an identity, and the proof of it."""

from typing import Final

from mock_bank.services.bank.kyc.models import KycBody, KycReply, ProofReply
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Reply, Request, Sample, effect, ok, operation
from mock_bank.services.kit.service_node import ServiceNode

ALREADY_VERIFIED: Final = Code("ALREADY_VERIFIED", 409, "this customer has been verified")
IDENTITY_MISMATCH: Final = Code("IDENTITY_MISMATCH", 409, "this is not the identity that the bank knows")
IDENTITY_TAKEN: Final = Code("IDENTITY_TAKEN", 409, "this identity is another customer's")
PROOF_S: Final = 30 * 60


@operation(
    "kyc.submit",
    "POST",
    "/bank/v1/kyc",
    KycReply,
    codes=(OK, ALREADY_VERIFIED, IDENTITY_MISMATCH, IDENTITY_TAKEN, NOT_FOUND),
    body=KycBody,
    effectful=True,
    keyed=True,
    sample=Sample({"id_no": "{tag}"}),
)
async def submit(node: ServiceNode, request: Request) -> Reply:
    """Verify the customer's identity, once."""
    body: KycBody = request.body
    return await effect(node, "bank.verify_identity", request, body.id_no)


@operation("kyc.get", "GET", "/bank/v1/kyc/{kyc_id}", ProofReply, codes=(OK, NOT_FOUND), sample=Sample())
async def get(node: ServiceNode, request: Request) -> Reply:
    """The proof that this customer has been verified, for half an hour."""
    row = await node.database.row(
        "select bank.epoch_ms(at) from bank.kyc where kyc_id = $1 and customer_no = $2", request.path[0], request.customer_no
    )
    if row is None:
        return Reply(NOT_FOUND)
    token, _ = node.signer.issue("kyc", f"{request.customer_no}/{row[0]}", PROOF_S)
    return ok({"kyc_id": request.path[0], "verified_at_ms": row[0], "verification_token": token})
