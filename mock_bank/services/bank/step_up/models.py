"""What telephones, logins by them and challenges take and give."""

from typing import Literal

from pydantic import BaseModel

from mock_bank.services.kit.field_types import Name
from mock_bank.services.kit.operation import Body


class DeviceBody(Body):
    """The telephone that is to be bound."""

    device: Name


class DeviceReply(BaseModel):
    """The key with which it signs; of one that was bound before, none."""

    binding_id: str
    device: str
    device_key: str


class NonceBody(Body):
    """Who wants to log in, with which telephone."""

    no: Name
    device: Name


class NonceReply(BaseModel):
    """What is to be signed, and until when."""

    nonce_id: str
    expires_at_ms: int


class BiometricBody(Body):
    """What was to be signed, and the signature: HMAC-SHA256 by the telephone's key, in hex."""

    no: Name
    device: Name
    nonce_id: Name
    assertion: str


class BiometricReply(BaseModel):
    """A session token."""

    login_id: str
    customer_no: str
    token: str


class AnswerBody(Body):
    """The signature of the challenge's id, as at a login."""

    device: Name
    assertion: str


class AnswerReply(BaseModel):
    """How answering a challenge ended."""

    challenge_id: str
    state: Literal["VERIFIED", "REJECTED"]
    at_ms: int


class DeviceRow(BaseModel):
    """A binding, read back."""

    binding_id: str
    idempotency_key: str
    customer_no: str
    state: str
    at_ms: int
    site: str


class NonceRow(BaseModel):
    """Something to sign, read back."""

    nonce_id: str
    idempotency_key: str
    customer_no: str
    state: str
    at_ms: int
    site: str


class LoginRow(BaseModel):
    """A login by a telephone, read back."""

    login_id: str
    idempotency_key: str
    nonce_id: str
    customer_no: str
    state: str
    at_ms: int
    site: str


class AnswerRow(BaseModel):
    """An answered challenge, read back: for which sum to whom."""

    challenge_id: str
    idempotency_key: str
    customer_no: str
    payee: str
    of_fen: int
    state: str
    at_ms: int
    site: str
