"""Requests as bytes: what is the same for all customers is put together once, and only the placeholders are filled per request."""

import re
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import quote, urlsplit

import orjson

from scenarios.run.records import NO_AMOUNT, answer_digest
from scenarios.target.operation_codec import KEY, OperationCodec
from scenarios.target.templates import FILTERS, JsonTemplate, Placeholder, TextTemplate


class Session(Protocol):
    """What a customer knows: particulars and what earlier answers said. Raises KeyError for what nobody told them."""

    def __getitem__(self, name: str, /) -> object:
        """A value by name."""


Args = Mapping[str, object]
Filler = Callable[[Args, Session], bytes]
"""Gives the bytes of one placeholder from the question's own values, else from the customer's session."""

_SAFE = re.compile(r"[\w.~-]*", re.ASCII).fullmatch


def _in_path(value: object) -> bytes:
    text = str(value)
    return (text if _SAFE(text) else quote(text, safe="/?&=:@!$'()*+,;~")).encode()


def _in_header(value: object) -> bytes:
    text = value if type(value) is str else str(value)
    return (text if text.isprintable() else "".join(filter(str.isprintable, text))).encode()


def as_text(value: object) -> bytes:
    """A value as it stands in a text that is sent to nobody."""
    return str(value).encode()


def _filler(placeholder: Placeholder, encode: Callable[[object], bytes]) -> Filler:
    name = placeholder.name
    if placeholder.filter is None:
        return lambda args, session: encode(args[name] if name in args else session[name])
    change = FILTERS[placeholder.filter]
    return lambda args, session: encode(change(args[name] if name in args else session[name]))


def _quoted(text: TextTemplate) -> Filler:
    """A JSON string of which only parts are placeholders."""
    template = Template()
    template.add_text(text, as_text)
    fill = template.compiled()
    return lambda args, session: orjson.dumps(fill(args, session).decode())


class Template:
    """Literal bytes and placeholders, filled by one formatting operation."""

    def __init__(self) -> None:
        """Starts empty."""
        self._format = b""
        self._fillers: list[Filler] = []

    def add(self, literal: bytes) -> None:
        """Appends bytes that never change."""
        self._format += literal.replace(b"%", b"%%")

    def add_text(self, text: TextTemplate, encode: Callable[[object], bytes]) -> None:
        """Appends a text whose placeholders are encoded so."""
        for part in text.parts:
            if isinstance(part, str):
                self.add(encode(part) if encode is not _in_path else part.encode())
            else:
                self.add_placeholder(_filler(part, encode))

    def add_body(self, body: JsonTemplate) -> None:
        """Appends a JSON document."""
        for part in body.parts:
            if isinstance(part, bytes):
                self.add(part)
            else:
                self.add_placeholder(_filler(part, orjson.dumps) if isinstance(part, Placeholder) else _quoted(part))

    def add_placeholder(self, filler: Filler) -> None:
        """Appends what a filler will give."""
        self._format += b"%b"
        self._fillers.append(filler)

    @property
    def constant(self) -> bytes | None:
        """The bytes, where there is no placeholder."""
        return None if self._fillers else self._format % ()

    def compiled(self) -> Filler:
        """Fills all that was appended. What it gives raises KeyError with the name that nobody knows."""
        layout, fillers = self._format, tuple(self._fillers)
        match fillers:  # few placeholders are the rule, and a comprehension costs as much as two of them
            case ():
                whole = layout % ()
                return lambda _args, _session: whole
            case (first,):
                return lambda args, session: layout % first(args, session)
            case (first, second):
                return lambda args, session: layout % (first(args, session), second(args, session))
            case (first, second, third):
                return lambda args, session: layout % (first(args, session), second(args, session), third(args, session))
            case _:
                return lambda args, session: layout % tuple([fill(args, session) for fill in fillers])


def _key(args: Args, _session: Session) -> bytes:
    return args[KEY].encode()  # type: ignore[attr-defined,no-any-return]  # a key is always text


class _Layout:
    """A request with or without its idempotency key."""

    def __init__(self, codec: OperationCodec, host: bytes, prefix: str, *, keyed: bool) -> None:
        head = Template()
        head.add(f"{codec.method} {quote(prefix)}".encode())
        head.add_text(codec.path, _in_path)
        head.add(b" HTTP/1.1\r\nHost: " + host + b"\r\n")
        for header, text in codec.headers:
            head.add(f"{header}: ".encode())
            head.add_text(text, _in_header)
            head.add(b"\r\n")
        if keyed and codec.key_header:
            head.add(f"{codec.key_header}: ".encode())
            head.add_placeholder(_key)
            head.add(b"\r\n")
        body = _body_of(codec, keyed=keyed)
        if body is None:
            head.add(b"\r\n" if codec.method in ("GET", "DELETE") else b"Content-Length: 0\r\n\r\n")
            self.render: Filler = head.compiled()
            return
        head.add(b"Content-Type: application/json\r\nContent-Length: ")
        self.render = _with_body(head, body)


def _with_body(head: Template, body: Template) -> Filler:
    """Head, length and body: put together once where nothing in them changes."""
    fixed_head, fixed_body = head.constant, body.constant
    if fixed_head is not None and fixed_body is not None:
        whole = b"%b%d\r\n\r\n%b" % (fixed_head, len(fixed_body), fixed_body)
        return lambda _args, _session: whole
    fill_head, fill_body = head.compiled(), body.compiled()

    def render(args: Args, session: Session) -> bytes:
        filled = fill_body(args, session)
        return b"%b%d\r\n\r\n%b" % (fill_head(args, session), len(filled), filled)

    return render


def _body_of(codec: OperationCodec, *, keyed: bool) -> Template | None:
    compiled = codec.keyed_body if keyed else codec.body
    if compiled is None:
        return None
    body = Template()
    body.add_body(compiled)
    return body


class RequestEncoder:
    """The requests of one operation as bytes, and the business key, amount and terms of its effect."""

    def __init__(self, codec: OperationCodec) -> None:
        """Compiles the operation's texts."""
        url = urlsplit(codec.base)
        host = url.netloc.rpartition("@")[2].encode()
        self._sign_bytes = codec.signer.sign_bytes if codec.signer else None
        self._keyed = _Layout(codec, host, url.path, keyed=True).render
        self._keyless = _Layout(codec, host, url.path, keyed=False).render
        business, amount, terms = _effect_texts(codec)
        self.business: Filler = business.compiled()
        """Whom the effect is for, what, and in which period."""
        fixed = amount.constant if amount else None
        self.fixed_fen = NO_AMOUNT if fixed is None else int(fixed)
        self.amount: Filler | None = amount.compiled() if amount and fixed is None else None
        """The amount asked for as text, where it is not the same for all."""
        agreed = terms.constant if terms else None
        self.fixed_terms = 0 if agreed is None else answer_digest(agreed)
        self.terms: Filler | None = terms.compiled() if terms and agreed is None else None
        """Between whom or for what it is asked, where that is not the same for all."""

    def encode(self, args: Args, session: Session) -> bytes:
        """The whole request, signed; with the key where `args` has one. Raises KeyError with the name that nobody knows."""
        plain = (self._keyed if KEY in args else self._keyless)(args, session)
        return plain if self._sign_bytes is None else self._sign_bytes(plain)


def _effect_texts(codec: OperationCodec) -> tuple[Template, Template | None, Template | None]:
    """Business key, amount and terms."""
    if codec.effect is None:
        return Template(), None, None
    return _template(codec.effect.business) or Template(), _template(codec.effect.amount), _template(codec.effect.terms)


def _template(text: TextTemplate | None) -> Template | None:
    if text is None:
        return None
    template = Template()
    template.add_text(text, as_text)
    return template
