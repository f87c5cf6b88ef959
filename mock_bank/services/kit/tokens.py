"""Signed tokens, which every node of both centres accepts without asking a database."""

import hashlib
import hmac
import time
from dataclasses import dataclass

from mock_bank.services.kit.codes import TOKEN_EXPIRED, TOKEN_INVALID, RefusedError


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs and opens tokens of the form purpose~subject~expiry~signature."""

    secret: bytes

    def issue(self, purpose: str, subject: str, lifetime_s: int) -> tuple[str, int]:
        """A token and the time it expires at, in ms."""
        expires_s = int(time.time()) + lifetime_s
        claim = f"{purpose}~{subject}~{expires_s}"
        return f"{claim}~{self._sign(claim)}", expires_s * 1000

    def open(self, purpose: str, token: str) -> str:
        """The subject of a valid token; RefusedError TOKEN_INVALID or TOKEN_EXPIRED otherwise."""
        claim, _, signature = token.rpartition("~")
        if not claim.isascii() or not signature.isascii() or not hmac.compare_digest(self._sign(claim), signature):
            raise RefusedError(TOKEN_INVALID)
        found, subject, expires_s = claim.split("~")
        if found != purpose:
            raise RefusedError(TOKEN_INVALID)
        if int(expires_s) <= time.time():
            raise RefusedError(TOKEN_EXPIRED)
        return subject

    def open_for(self, customer_no: str, purpose: str, token: str, parts: int = 1) -> list[str]:
        """What a valid token says of this customer, so many parts behind their number.

        Raises:
            RefusedError: as `open`, or it is about another customer.
        """
        customer, *said = self.open(purpose, token).rsplit("/", parts)
        if customer != customer_no:
            raise RefusedError(TOKEN_INVALID, f"this {purpose} token is for another customer")
        return said

    def _sign(self, claim: str) -> str:
        # Keyed BLAKE2 is a message authentication code as HMAC is, at a tenth of the time.
        return hashlib.blake2b(claim.encode(), key=self.secret, digest_size=16).hexdigest()
