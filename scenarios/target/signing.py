"""Signatures over requests, for the crowd and the control plane alike: an HMAC, or a signer that is installed and allowed by name.

A signed request carries its timestamp, a nonce that never comes again, and the signature over a text that the target's file spells.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from urllib.parse import parse_qsl

from scenarios.errors import BadInput
from scenarios.own_code import code_is_allowed
from scenarios.target.bodies import charset_of
from scenarios.target.digests import HAS_SM3, hmac_hex, pure_sm3
from scenarios.target.model import SIGNED_NAMES, Signature, Target
from scenarios.target.stamps import STAMPS, Moment, filled, fresh_names, is_marked, measured, signed, time_and_nonce
from scenarios.target.templates import Placeholder, Scope, TextTemplate

HOOK_GROUP = "stormdrill.signers"

Hook = Callable[[bytes, bytes], str]
"""What an installed signer is: it takes the text and the secret, and gives the signature as it stands in the header."""

_VALUES = (*SIGNED_NAMES, "sorted", "signature")
_PER_SECOND = {"s": 1, "ms": 1000}


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


def fresh_scope(target: Target) -> Mapping[str, object]:
    """What each request of a target fills for itself, by name."""
    told = {name for operation in target.operations.values() for name in operation.extract}
    return {**fresh_names(frozenset(told), signed=target.signature is not None), **(target.operator.scope if target.operator else {})}


def signer_of(target: Target, statics: Scope) -> "Signer | None":
    """What fills and signs the requests of a target; None where nothing of them is new each time. Raises BadInput as `Signer`."""
    said = target.model_dump_json(exclude={"signature"})
    fresh = target.signature is not None or any(f"{{{name}" in said for name in STAMPS)
    return Signer(target.signature, statics) if fresh else None


class Signer:
    """Fills what is new in each request of one run, and signs it where the target wants that."""

    def __init__(self, signature: Signature | None, statics: Scope) -> None:
        """`statics` holds the secret as `secret.NAME`.

        Raises:
            BadInput: the secret is not there, or the hook is not installed or not allowed.
        """
        self._per_second = _PER_SECOND[signature.timestamp if signature else "ms"]
        self._sign: Callable[[bytes], bytes] | None = None
        if signature is None:
            return
        secret = str(statics.get(f"secret.{signature.secret}", ""))
        if not secret:
            raise BadInput(f"requests are signed with the secret {signature.secret}, which is not set")
        self._sign = _hooked(signature.hook, secret.encode()) if signature.hook else _built_in(signature, secret.encode())
        self._sorts = "{sorted}" in signature.text
        self._text = _Form(signature.text, statics)
        self._headers = tuple((name, _Form(value, statics)) for name, value in signature.headers.items())

    def sign_bytes(self, request: bytes) -> bytes:
        """A whole HTTP/1.1 request, filled and signed; the signature's headers are added behind its first line."""
        marked = is_marked(request)
        if not marked and self._sign is None:
            return request
        if marked:
            moment = Moment(self._per_second)
            request = filled(request, moment)
            stamp, nonce = moment.told()
        else:
            stamp, nonce = time_and_nonce(self._per_second)  # the same without what nobody asks for
        if self._sign is None:
            return request
        inside = marked and is_marked(request)
        plain = signed(request, None) if inside else request
        line = plain.index(b"\r\n")
        method, path, _ = plain[:line].split(b" ", 2)
        body = plain[plain.index(b"\r\n\r\n", line) + 4 :]
        in_order = sorted_parameters(plain, path, body) if self._sorts else b""
        said = (method, path, body, stamp, nonce, in_order)
        signature = self._sign(self._text.fill(said))
        if inside:
            request = measured(signed(request, signature.decode()))
            line = request.index(b"\r\n")
        values = (*said, signature)
        added = b"".join([b"%b: %b\r\n" % (name.encode(), form.fill(values)) for name, form in self._headers])
        return b"%b%b%b" % (request[: line + 2], added, request[line + 2 :])


def sorted_parameters(request: bytes, path: bytes, body: bytes) -> bytes:
    """The fields of query and body that are not empty, by their names: a=1&b=2. Numbers are as they are written, objects compact JSON."""
    query = path.partition(b"?")[2].decode()
    kind = next((value for name, value in _header_lines(request) if name == b"content-type"), b"").decode("latin-1")
    charset = charset_of(kind)
    fields = dict(parse_qsl(query, keep_blank_values=True))
    if "form-urlencoded" in kind:
        fields |= dict(parse_qsl(body.decode(charset, "replace"), keep_blank_values=True, encoding=charset))
    elif body:
        fields |= _members(body.decode(charset, "replace"))
    return "&".join(f"{name}={value}" for name, value in sorted(fields.items()) if value).encode(charset, "replace")


def _members(text: str) -> dict[str, str]:
    try:
        document, exact = json.loads(text), json.loads(text, parse_int=str, parse_float=str)
    except ValueError:
        return {}
    if not isinstance(document, dict):
        return {}
    return {name: _written(value, exact[name]) for name, value in document.items() if value is not None}


def _written(value: object, exact: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value).lower() if isinstance(value, bool) else str(exact)


def _header_lines(request: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in request.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.lower(), value.strip()


def _built_in(signature: Signature, secret: bytes) -> Callable[[bytes], bytes]:
    algorithm = str(signature.algorithm)
    digest = _digest(algorithm.removeprefix("hmac-"), secret if algorithm.startswith("hmac-") else None)
    match signature.encoding:
        case "base64":
            return lambda text: b64encode(digest(text))
        case "hex-upper":
            return lambda text: digest(text).hex().upper().encode()
        case _:
            return lambda text: digest(text).hex().encode()


def _digest(name: str, key: bytes | None) -> Callable[[bytes], bytes]:
    if name == "sm3" and not HAS_SM3:
        return pure_sm3 if key is None else lambda text: bytes.fromhex(hmac_hex("sm3", key, text))
    if key is None:
        return lambda text: hashlib.new(name, text, usedforsecurity=False).digest()
    keyed = hmac.new(key, digestmod=name)  # keyed once, copied for each request

    def sign(text: bytes) -> bytes:
        mac = keyed.copy()
        mac.update(text)
        return mac.digest()

    return sign


def _hooked(name: str, secret: bytes) -> Callable[[bytes], bytes]:
    if not code_is_allowed():
        raise BadInput(f"requests are signed by the hook {name!r}, which is code; allow it with: stormdrill --allow-code …")
    there = {point.name: point for point in entry_points(group=HOOK_GROUP)}
    if name not in there:
        raise BadInput(f"the signing hook {name!r} is not installed; entry points of {HOOK_GROUP}: {', '.join(sorted(there)) or 'none'}")
    hook: Hook = there[name].load()
    return lambda text: hook(text, secret).encode()
