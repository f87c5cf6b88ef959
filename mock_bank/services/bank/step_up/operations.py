"""Binding a telephone, logging in by it, and answering a challenge."""

import hashlib
import hmac
from typing import Final

import orjson

from mock_bank.services.bank.step_up.models import (
    AnswerBody,
    AnswerReply,
    BiometricBody,
    BiometricReply,
    DeviceBody,
    DeviceReply,
    NonceBody,
    NonceReply,
)
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import NOT_FOUND, OK, Code
from mock_bank.services.kit.operation import Access, Reply, Request, Sample, effect, operation
from mock_bank.services.kit.service_node import ServiceNode

DEVICE_BOUND: Final = Code("DEVICE_BOUND", 409, "this telephone is bound to this customer")
NOT_PROVEN: Final = Code("NOT_PROVEN", 401, "no telephone of this customer's has signed this")
NONCE_EXPIRED: Final = Code("NONCE_EXPIRED", 409, "what was to be signed has run out")
NONCE_USED: Final = Code("NONCE_USED", 409, "somebody has logged in by this signature")
CHALLENGE_EXPIRED: Final = Code("CHALLENGE_EXPIRED", 409, "this challenge has run out; ask for the transfer again")
CHALLENGE_ANSWERED: Final = Code("CHALLENGE_ANSWERED", 409, "this challenge has been answered")


_SESSION_S: Final = 2 * 3600


def device_key(node: ServiceNode, customer_no: str, device: str) -> str:
    """What a telephone signs with: told to it when it is bound, and nobody's guess who has not the services' secret."""
    return hashlib.blake2b(f"device {customer_no} {device}".encode(), key=node.config.secret.encode(), digest_size=32).hexdigest()


def _signed(node: ServiceNode, customer_no: str, device: str, text: str, assertion: str) -> bool:
    if node.alone:
        return True  # nobody signs for a node that is being warmed up
    right = hmac.new(device_key(node, customer_no, device).encode(), text.encode(), "sha256").hexdigest()
    return assertion.isascii() and hmac.compare_digest(right, assertion)


@operation(
    "device.bind",
    "POST",
    "/bank/v1/devices",
    DeviceReply,
    codes=(OK, DEVICE_BOUND),
    body=DeviceBody,
    effectful=True,
    keyed=True,
    sample=Sample({"device": "{tag}"}),
)
async def bind(node: ServiceNode, request: Request) -> Reply:
    """Bind a telephone to a customer, and tell it the key that it signs with, once."""
    body: DeviceBody = request.body
    return await effect(node, "bank.bind_device", request, body.device, device_key(node, request.customer_no, body.device))


@operation(
    "login.nonce",
    "POST",
    "/bank/v1/login-nonces",
    NonceReply,
    body=NonceBody,
    access=Access.PUBLIC,
    effectful=True,
    keyed=True,
    sample=Sample({"no": "{tag}", "device": "{tag}"}),
)
async def nonce(node: ServiceNode, request: Request) -> Reply:
    """Something that a telephone signs to log in; the same for customers who are none."""
    body: NonceBody = request.body
    request.customer_no = body.no
    return await effect(node, "bank.login_nonce", request, body.device)


@operation(
    "session.unlock",
    "POST",
    "/bank/v1/biometric-sessions",
    BiometricReply,
    codes=(OK, NOT_PROVEN, NONCE_EXPIRED, NONCE_USED),
    body=BiometricBody,
    access=Access.PUBLIC,
    effectful=True,
    keyed=True,
    sample=Sample({"no": "{tag}", "device": "{tag}", "nonce_id": "{nonce_id}", "assertion": "{device_key}"}),
)
async def log_in(node: ServiceNode, request: Request) -> Reply:
    """Log in by what a bound telephone has signed, once."""
    body: BiometricBody = request.body
    request.customer_no = body.no
    signed = _signed(node, body.no, body.device, body.nonce_id, body.assertion)
    reply = await effect(node, "bank.biometric_login", request, body.device, body.nonce_id, signed)
    if reply.code != OK:
        return reply
    token, _ = node.signer.issue("session", body.no, _SESSION_S)
    return Reply(OK, orjson.dumps(orjson.loads(reply.data) | {"token": token}))


@operation(
    "challenge.answer",
    "POST",
    "/bank/v1/challenges/{challenge_id}/answers",
    AnswerReply,
    codes=(OK, NOT_FOUND, NOT_PROVEN, CHALLENGE_EXPIRED, CHALLENGE_ANSWERED),
    body=AnswerBody,
    effectful=True,
    keyed=True,
    sample=Sample({"device": "{tag}", "assertion": "{device_key}"}),
    gives_way=GivesWay.LAST,
)
async def answer(node: ServiceNode, request: Request) -> Reply:
    """Answer a challenge by what a bound telephone has signed, once; the transfer that it is for may then be asked again."""
    body: AnswerBody = request.body
    signed = _signed(node, request.customer_no, body.device, request.path[0], body.assertion)
    return await effect(node, "bank.answer_challenge", request, request.path[0], body.device, signed)
