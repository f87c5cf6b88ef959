"""Signatures over requests, for the crowd and the control plane alike: an HMAC, or a signer that is installed and allowed by name.

A signed request carries its timestamp, a nonce that never comes again, and the signature over a text that the target's file spells.
"""

import hashlib
import hmac
import os
import time
from base64 import b64encode
from collections.abc import Callable
from importlib.metadata import entry_points
from itertools import count

from scenarios.errors import BadInput
from scenarios.target.model import SIGNED_NAMES, Signature
from scenarios.target.templates import Placeholder, Scope, TextTemplate

ALLOW_CODE_VARIABLE = "STORMDRILL_ALLOW_CODE"
HOOK_GROUP = "stormdrill.signers"

Hook = Callable[[bytes, bytes], str]
"""What an installed signer is: it takes the text and the secret, and gives the signature as it stands in the header."""

_VALUES = (*SIGNED_NAMES, "signature")
_PER_SECOND = {"s": 1, "ms": 1000}
_DIGESTS = {"hmac-sha256": "sha256", "hmac-sm3": "sm3"}


class _Form:
    """A text over the values of one request, as one formatting operation."""

    def __init__(self, text: str, statics: Scope) -> None:
        parts = TextTemplate.of(text).bind(statics).parts
        unknown = [part.name for part in parts if isinstance(part, Placeholder) and part.name not in _VALUES]
        if unknown:
            raise BadInput(f"nothing is known as {{{unknown[0]}}} where a request is signed; known here: {', '.join(_VALUES)}")
        self._format = b"".join(b"%b" if isinstance(part, Placeholder) else part.encode().replace(b"%", b"%%") for part in parts)
        self._which = [_VALUES.index(part.name) for part in parts if isinstance(part, Placeholder)]

    def fill(self, values: tuple[bytes, ...]) -> bytes:
        return self._format % tuple([values[which] for which in self._which])


class Signer:
    """Signs the requests of one run."""

    def __init__(self, signature: Signature, statics: Scope) -> None:
        """`statics` holds the secret as `secret.NAME`.

        Raises:
            BadInput: the secret is not there, this machine cannot compute the algorithm, or the hook is not installed or not allowed.
        """
        secret = str(statics.get(f"secret.{signature.secret}", ""))
        if not secret:
            raise BadInput(f"requests are signed with the secret {signature.secret}, which is not set")
        self._sign = _hooked(signature.hook, secret.encode()) if signature.hook else _built_in(signature, secret.encode())
        self._text = _Form(signature.text, statics)
        self._headers = tuple((name, _Form(value, statics)) for name, value in signature.headers.items())
        self._per_second = _PER_SECOND[signature.timestamp]
        self._nonces = os.urandom(8).hex()
        self._count = count(1)

    def headers(self, method: str, path: str, body: bytes) -> dict[str, str]:
        """The headers to be added; `path` is as it is sent, with its query."""
        return {name: value.decode() for name, value in self._made(method.encode(), path.encode(), body)}

    def sign_bytes(self, request: bytes) -> bytes:
        """A whole HTTP/1.1 request with the headers added behind its first line."""
        line = request.index(b"\r\n")
        method, path, _ = request[:line].split(b" ", 2)
        body = request[request.index(b"\r\n\r\n", line) + 4 :]
        added = b"".join([b"%b: %b\r\n" % (name.encode(), value) for name, value in self._made(method, path, body)])
        return b"%b%b%b" % (request[: line + 2], added, request[line + 2 :])

    def _made(self, method: bytes, path: bytes, body: bytes) -> list[tuple[str, bytes]]:
        stamp = b"%d" % int(time.time() * self._per_second)
        said = (method, path, body, stamp, f"{self._nonces}{next(self._count):08x}".encode())
        values = (*said, self._sign(self._text.fill(said)))
        return [(name, form.fill(values)) for name, form in self._headers]


def _built_in(signature: Signature, secret: bytes) -> Callable[[bytes], bytes]:
    algorithm = _DIGESTS[str(signature.algorithm)]
    if algorithm not in hashlib.algorithms_available:
        raise BadInput(f"requests are signed by {signature.algorithm}, but the OpenSSL of this Python has no {algorithm}; use a hook")
    keyed = hmac.new(secret, digestmod=algorithm)  # keyed once, copied for each request

    def sign(text: bytes) -> bytes:
        mac = keyed.copy()
        mac.update(text)
        return mac.hexdigest().encode() if signature.encoding == "hex" else b64encode(mac.digest())

    return sign


def _hooked(name: str, secret: bytes) -> Callable[[bytes], bytes]:
    if os.environ.get(ALLOW_CODE_VARIABLE) != "1":
        raise BadInput(f"requests are signed by the hook {name!r}, which is code; allow it with: stormdrill --allow-code …")
    there = {point.name: point for point in entry_points(group=HOOK_GROUP)}
    if name not in there:
        raise BadInput(f"the signing hook {name!r} is not installed; entry points of {HOOK_GROUP}: {', '.join(sorted(there)) or 'none'}")
    hook: Hook = there[name].load()
    return lambda text: hook(text, secret).encode()
