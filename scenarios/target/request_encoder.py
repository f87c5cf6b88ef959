"""Requests as bytes: what is the same for all customers is put together once, and only the placeholders are filled per request.

Whoever asks, crowd or control plane, asks in these bytes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from scenarios.target.filters import RAW
from scenarios.target.signing import Signer
from scenarios.target.stamps import Mark
from scenarios.target.templates import Body, Placeholder, Scope, TextTemplate
from scenarios.wire.escaping import quoted, spelled
from scenarios.wire.request_bytes import DEFAULT_HEADERS, HeaderLines, Request, header_bytes, needs_length

KEY = "key"
"""The placeholder that stands for the idempotency key."""


class Session(Protocol):
    """What a customer knows: particulars and what earlier answers said. Raises KeyError for what nobody told them."""

    def __getitem__(self, name: str, /) -> object:
        """A value by name."""


Args = Mapping[str, object]
Filler = Callable[[Args, Session], bytes]
"""Gives the bytes of one placeholder from the question's own values, else from the customer's session."""


def as_text(value: object) -> bytes:
    """A value as it stands in a text that is sent to nobody."""
    return str(value).encode()


def _in_path(value: object) -> bytes:
    return quoted(value).encode()


def _raw_in_path(value: object) -> bytes:
    return spelled(str(value)).encode()


def _filler(placeholder: Placeholder, encode: Callable[[object], bytes]) -> Filler:
    name = placeholder.name
    change = placeholder.change
    if change is None:
        return lambda args, session: encode(args[name] if name in args else session[name])
    return lambda args, session: encode(change(args[name] if name in args else session[name]))


def _quoted(text: TextTemplate, encode: Callable[[object], bytes]) -> Filler:
    """A text of which only parts are placeholders, encoded as a whole, as a JSON string is."""
    template = Template()
    template.add_text(text, as_text)
    fill = template.compiled()
    return lambda args, session: encode(fill(args, session).decode())


class Template:
    """Literal bytes and placeholders, filled by one formatting operation."""

    def __init__(self) -> None:
        """Starts empty."""
        self._literals = [b""]  # one before each placeholder, and the last
        self._fillers: list[Filler] = []

    def add(self, literal: bytes) -> None:
        """Appends bytes that never change."""
        self._literals[-1] += literal

    def add_text(self, text: TextTemplate, encode: Callable[[object], bytes]) -> None:
        """Appends a text, all of it encoded so."""
        for part in text.parts:
            if isinstance(part, str):
                self.add(encode(part))
            else:
                self.add_placeholder(_filler(part, encode))

    def add_path(self, path: TextTemplate) -> None:
        """Appends a path that `path_template` has made."""
        for part in path.parts:
            if isinstance(part, str):
                self.add(part.encode())
            else:
                self.add_placeholder(_filler(part, _raw_in_path if _is_raw(part) else _in_path))

    def add_body(self, body: Body) -> None:
        """Appends a body of whatever kind."""
        for part in body.parts:
            if isinstance(part, bytes):
                self.add(part)
            else:
                self.add_placeholder(_filler(part, body.encode) if isinstance(part, Placeholder) else _quoted(part, body.encode))

    def add_placeholder(self, filler: Filler) -> None:
        """Appends what a filler will give."""
        self._literals.append(b"")
        self._fillers.append(filler)

    @property
    def constant(self) -> bytes | None:
        """The bytes, where there is no placeholder."""
        return None if self._fillers else self._literals[0]

    @property
    def _format(self) -> bytes:
        return b"%b".join(map(_literally, self._literals))

    def compiled(self) -> Filler:
        """Fills all that was appended. What it gives raises KeyError with the name that nobody knows."""
        layout, fillers = self._format, tuple(self._fillers)
        match fillers:  # few placeholders are the rule, and a comprehension costs as much as two of them
            case ():
                whole = self._literals[0]
                return lambda _args, _session: whole
            case (first,):
                return lambda args, session: layout % first(args, session)
            case (first, second):
                return lambda args, session: layout % (first(args, session), second(args, session))
            case (first, second, third):
                return lambda args, session: layout % (first(args, session), second(args, session), third(args, session))
            case _:
                return lambda args, session: layout % tuple([fill(args, session) for fill in fillers])

    def with_body(self, body: "Template") -> Filler:
        """Fills a head that ends where the length of its body belongs, that length, and the body: in one formatting operation."""
        before, fill, after = body._around_one()  # noqa: SLF001 - another of its kind
        layout = self._format + b"%d\r\n\r\n" + _literally(before) + b"%b" + _literally(after)
        fixed = len(before) + len(after)
        match tuple(self._fillers):
            case ():
                return lambda args, session: layout % (fixed + len(said := fill(args, session)), said)
            case (first,):
                return lambda args, session: layout % (first(args, session), fixed + len(said := fill(args, session)), said)
            case (first, second):
                return lambda args, session: (
                    layout % (first(args, session), second(args, session), fixed + len(said := fill(args, session)), said)
                )
            case _:
                whole, fill_head = b"%b%d\r\n\r\n" + _literally(before) + b"%b" + _literally(after), self.compiled()
                return lambda args, session: whole % (fill_head(args, session), fixed + len(said := fill(args, session)), said)

    def _around_one(self) -> tuple[bytes, Filler, bytes]:
        """What changes, and what stands before and behind it: a placeholder that is the only one, else all."""
        if len(self._fillers) == 1:
            before, after = self._literals
            return before, self._fillers[0], after
        return b"", self.compiled(), b""


def _literally(literal: bytes) -> bytes:
    """Bytes as a formatting operation takes them for themselves."""
    return literal.replace(b"%", b"%%")


def path_template(source: str, statics: Scope) -> TextTemplate:
    """A path, with its query, in which all that is known already stands as it is sent: what the file spells, and values as values."""
    parts = [_path_part(part, statics) for part in TextTemplate.of(source).parts]
    return TextTemplate(tuple(parts)).bind({})


def _path_part(part: str | Placeholder, statics: Scope) -> str | Placeholder:
    if isinstance(part, str):
        return spelled(part)
    part = part.bind(statics)
    if part.name not in statics:
        return part
    value = part.value(statics)
    if isinstance(value, Mark):
        return value.placed("path", _in_path).decode()
    return spelled(str(value)) if _is_raw(part) else quoted(value)


def _is_raw(part: Placeholder) -> bool:
    return part.filter is not None and part.filter.rpartition("|")[2].strip() == RAW


@dataclass(frozen=True, slots=True)
class RequestParts:
    """What a request is made of."""

    method: str
    base: str
    path: TextTemplate  # by `path_template`
    headers: HeaderLines[TextTemplate]  # but its framing, its key and its signature
    body: Body | None
    keyed_body: Body | None
    key_header: str | None = None
    signer: Signer | None = None


def all_headers(
    base: str, *more: Iterable[tuple[str, TextTemplate]], signed: Iterable[str], body: Body | None
) -> HeaderLines[TextTemplate]:
    """The headers of a request to that base: ours, then the file's, each name once; not those that its signature will bring."""
    host = urlsplit(base).netloc.rpartition("@")[2]
    lines = HeaderLines((name, TextTemplate((value,))) for name, value in (("Host", host), *DEFAULT_HEADERS))
    for headers in more:
        lines.add(headers)
    if body is not None and "Content-Type" not in lines:
        lines.add([("Content-Type", TextTemplate.of(body.content_type))])
    lines.drop(signed)
    return lines


def _key(args: Args, _session: Session) -> bytes:
    return args[KEY].encode()  # type: ignore[attr-defined,no-any-return]  # a key is always text


def _layout(parts: RequestParts, *, keyed: bool) -> Filler:
    """A request with or without its idempotency key."""
    head = Template()
    head.add(f"{parts.method} {spelled(urlsplit(parts.base).path)}".encode())
    head.add_path(parts.path)
    head.add(b" HTTP/1.1\r\n")
    for header, text in parts.headers:
        if keyed and parts.key_header and header.lower() == parts.key_header.lower():
            continue
        head.add(f"{header}: ".encode())
        head.add_text(text, header_bytes)
        head.add(b"\r\n")
    if keyed and parts.key_header:
        head.add(f"{parts.key_header}: ".encode())
        head.add_placeholder(_key)
        head.add(b"\r\n")
    body = parts.keyed_body if keyed else parts.body
    if body is None:
        head.add(b"Content-Length: 0\r\n\r\n" if needs_length(parts.method) else b"\r\n")
        return head.compiled()
    head.add(b"Content-Length: ")
    filled = Template()
    filled.add_body(body)
    return _with_body(head, filled)


def _with_body(head: Template, body: Template) -> Filler:
    """Head, length and body: put together once where nothing in them changes."""
    fixed_head, fixed_body = head.constant, body.constant
    if fixed_head is None or fixed_body is None:
        return head.with_body(body)
    whole = b"%b%d\r\n\r\n%b" % (fixed_head, len(fixed_body), fixed_body)
    return lambda _args, _session: whole


class RequestEncoder:
    """The requests of one operation, or of the control plane, as bytes. What is asked of each is decided here, once."""

    def __init__(self, parts: RequestParts) -> None:
        """Compiles the texts."""
        base = urlsplit(parts.base)
        self._method = parts.method
        self._origin = f"{base.scheme}://{base.netloc}"
        self._keyless = _layout(parts, keyed=False)
        has_key = parts.key_header is not None or parts.keyed_body is not parts.body
        self._keyed = _layout(parts, keyed=True) if has_key else self._keyless
        sign = parts.signer.sign_bytes if parts.signer else None
        self.encode_keyless = _signed(self._keyless, sign)
        """The whole request without a key, signed. Raises KeyError with the name that nobody knows."""
        self.encode_keyed = _signed(self._keyed, sign)
        """The same with the key, which `args` must have."""

    def encode(self, args: Args, session: Session) -> bytes:
        """The whole request, signed; with the key where `args` has one. Raises KeyError with the name that nobody knows."""
        return (self.encode_keyed if KEY in args else self.encode_keyless)(args, session)

    def request(self, args: Args, session: Session) -> Request:
        """The same request, but its signature, and where it goes. Raises as `encode`."""
        data = (self._keyed if KEY in args else self._keyless)(args, session)
        return Request(self._method, self._origin + data.split(b" ", 2)[1].decode(), data)


def _signed(fill: Filler, sign: Callable[[bytes], bytes] | None) -> Filler:
    return fill if sign is None else lambda args, session: sign(fill(args, session))
