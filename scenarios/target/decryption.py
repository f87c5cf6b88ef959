"""Answers that come encrypted, as a whole or in single places: opened by the user's own cipher before anything is read in them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Protocol

import orjson
from pydantic import AfterValidator, Field

from scenarios.errors import BadInput, Misfit
from scenarios.harmless import clipped
from scenarios.strict import Strict
from scenarios.target.ciphers import Cipher, cipher
from scenarios.target.fields import InnerName, Variable
from scenarios.target.json_paths import ALLOWED, Step, walk, walk_steps
from scenarios.target.responses import Response

Opener = Callable[[Response], Response]
"""An answer as it came, to the answer as it is meant."""


def _place(path: str) -> str:
    steps = walk_steps(path, path[1:]) if path.startswith("$.") else ()
    if not steps or not isinstance(steps[-1], str):
        raise ValueError(f"{clipped(path)!r} is no field of a document; allowed: {ALLOWED}, ending in a name; lists are gone through")
    return path


class Decryption(Strict):
    """By which code answers of a service are decrypted, and where in them."""

    cipher: InnerName | Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$", max_length=200)] = Field(
        description="MODULE:FUNCTION of a file in --path, or an entry point of stormdrill.ciphers; needs --allow-code"
    )
    secret: Variable = Field(description="the declared secret that is the key")
    at: list[Annotated[str, AfterValidator(_place)]] = Field(
        default=[], max_length=20, description="the fields that are encrypted; none: the whole body, where it is no JSON object"
    )


class Service(Protocol):
    """A service, as far as decryption is concerned."""

    @property
    def decrypt(self) -> Decryption | None:
        """How its answers are."""


class File(Protocol):
    """A target's file, as far as decryption is concerned."""

    @property
    def services(self) -> Mapping[str, Service]:
        """All there are."""


def check_decryption(target: File, declared: list[str], *, code: bool) -> None:
    """Raises Misfit where a key is no declared secret, or, asked for its code, a cipher is not there or not allowed."""
    for name, service in target.services.items():
        if service.decrypt is None:
            continue
        if service.decrypt.secret not in declared:
            known = ", ".join(declared) or "none"
            sentence = f"{service.decrypt.secret!r} is none of the declared secrets: {known}"
            raise Misfit(sentence, "services", name, "decrypt", "secret")
        try:
            _ = cipher(service.decrypt.cipher) if code else None
        except BadInput as error:
            raise Misfit(str(error), "services", name, "decrypt", "cipher") from None


def opener(rules: Decryption | None, statics: Mapping[str, object]) -> Opener | None:
    """How a service's answers are opened; None where they are plain. Raises BadInput as `cipher`."""
    if rules is None:
        return None
    decrypt, key = cipher(rules.cipher), str(statics[f"secret.{rules.secret}"]).encode()
    places = [(place, walk_steps(place, place[1:])) for place in rules.at]

    def opened(response: Response) -> Response:
        where = "the body"
        try:
            if not places:
                return _whole(response, decrypt, key)
            document = response.exactly()
            changed = False
            for where, steps in places:  # noqa: B007 - the one that fails is told
                changed = _open_in(document, steps, decrypt, key) or changed
        except Exception as error:  # noqa: BLE001 - whatever the user's code raises, of what it was told nothing is shown
            return Response.sealed(response, f"cannot be decrypted at {where}: {type(error).__name__}")
        return response if not changed else Response(response.status, response.headers, orjson.dumps(document))

    return opened


def _whole(response: Response, decrypt: Cipher, key: bytes) -> Response:
    if response.headers.get("content-type", "").lower().startswith("text/html"):
        return response  # a page, as that of a login
    document = response.document
    if isinstance(document, dict | list) or not response.body.strip():
        return response  # said in plain, as errors of a gateway are
    sent = document.encode() if isinstance(document, str) else response.body.strip()
    return Response(response.status, response.headers, _text(decrypt, sent, key).encode())


def _open_in(document: object, steps: tuple[Step, ...], decrypt: Cipher, key: bytes) -> bool:
    """Opens a place of a document, in each member of the lists on the way; whether anything was there to open."""
    *above, last = steps
    changed = False
    for holder in list(_holders(document, tuple(above))):
        sent = holder.get(str(last))
        if isinstance(sent, str) and sent:
            holder[str(last)] = _document_or_text(_text(decrypt, sent.encode(), key))
            changed = True
    return changed


def _holders(node: object, steps: tuple[Step, ...]) -> Iterator[dict[str, Any]]:
    """All objects to which the steps lead."""
    if isinstance(node, list) and (not steps or isinstance(steps[0], str)):
        for member in node:
            yield from _holders(member, steps)
    elif steps:
        yield from _holders(walk(node, steps[:1]), steps[1:]) if node is not None else ()
    elif isinstance(node, dict):
        yield node


def _text(decrypt: Cipher, sent: bytes, key: bytes) -> str:
    found: object = decrypt(sent, key)
    if not isinstance(found, str):
        raise TypeError
    return found


def _document_or_text(text: str) -> object:
    """What was encrypted: an object or a list is one again, all else stays the text that it is."""
    if text[:1] not in ("{", "["):
        return text
    found = Response(200, {}, text.encode()).exactly()
    return text if found is None else found
