"""Bodies that are no JSON: forms, parts, and texts (XML too). A target's file says one kind of them for a request, or none."""

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import ClassVar
from urllib.parse import quote_plus

from pydantic import Field, ValidationInfo, model_validator

from scenarios.errors import Misfit
from scenarios.strict import FOLDER, Strict
from scenarios.target.fields import BodyTree, FormField, HeaderText, TemplateText
from scenarios.target.graphql import GraphQL
from scenarios.target.templates import FORM, Body, JsonTemplate, Placeholder, Scope, TextTemplate

_PLAIN = "text/plain; charset=utf-8"
_CHARSET = re.compile(r"charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


class WithBody(Strict):
    """What a request has for a body: one of these, or none."""

    body: BodyTree = Field(default=None, description="a JSON document")
    form: dict[FormField, TemplateText] | None = Field(default=None, description="fields of a form, as browsers send it")
    multipart: dict[FormField, TemplateText] | None = Field(default=None, description="the same in parts (multipart/form-data)")
    text: TemplateText | None = Field(default=None, description="a text as it is, such as XML; say its content_type")
    graphql: GraphQL | None = Field(default=None, description="a GraphQL document, posted as JSON with its variables")
    content_type: HeaderText | None = Field(default=None, description="its charset is that of the body: application/xml; charset=GBK")

    _KINDS: ClassVar = ("body", "form", "multipart", "text", "graphql")

    @model_validator(mode="after")
    def _one_kind(self) -> "WithBody":
        said = [kind for kind in self._KINDS if getattr(self, kind) is not None]
        if len(said) > 1:
            raise Misfit(f"a request has one body, and here are {' and '.join(said)}; allowed: one of {', '.join(self._KINDS)}", said[1])
        if self.content_type and not said:
            raise Misfit("content_type is of a body, and there is none", "content_type")
        if self.graphql and getattr(self, "method", "POST") != "POST":
            raise Misfit("a GraphQL document is posted; allowed: method: POST", "graphql")
        if self.text is not None and not self.content_type and "content-type" not in map(str.lower, getattr(self, "headers", ())):
            raise Misfit("nobody knows what a text is by itself; add its content_type, as application/xml or text/plain", "text")
        if self.content_type and self.multipart is not None:
            raise Misfit("parts say by themselves what they are; content_type is for a body, form or text", "content_type")
        charset_of(self.content_type or "", ("content_type",))
        return self

    @model_validator(mode="after")
    def _sent_by_a_method(self, info: ValidationInfo) -> "WithBody":
        """In a file a body with the GET that nobody has written is a method that was forgotten."""
        said = next((kind for kind in self._KINDS if getattr(self, kind) is not None), None)
        read_from_a_file = (info.context or {}).get(FOLDER) is not None
        if read_from_a_file and said and getattr(self, "method", "") == "GET" and "method" not in self.model_fields_set:
            raise Misfit(f"a GET has no {said}; say method: POST, or method: GET where your service does read one there", said)
        return self

    def compiled(self, scope: Scope) -> Body | None:
        """The body, bound to what the scope knows; None where there is none."""
        kind = self.content_type or ""
        charset = charset_of(kind)
        if self.body is not None:
            return JsonTemplate.of(self.body).told_as(kind, charset).bind(scope)
        if self.graphql is not None:
            return self.graphql.compiled().told_as(kind, charset).bind(scope)
        if self.form is not None:
            return _form(self.form, kind or FORM, charset).bind(scope)
        if self.multipart is not None:
            return _multipart(self.multipart).bind(scope)
        return None if self.text is None else _text(self.text, kind or _PLAIN, charset).bind(scope)

    def placeholders_with(self, *texts: str) -> frozenset[str]:
        """Names of the placeholders in it, and in these texts of the same request."""
        return frozenset().union(*(TextTemplate.of(text).placeholders for text in texts), self.body_placeholders)

    @property
    def body_placeholders(self) -> frozenset[str]:
        """Names of the placeholders in it."""
        body = self.compiled({})
        return body.placeholders if body else frozenset()


def charset_of(content_type: str, loc: tuple[str, ...] = ()) -> str:
    """The character set that a content type names. Raises Misfit where there is none of that name."""
    said = _CHARSET.search(content_type)
    try:
        return codecs.lookup(said[1]).name if said else "utf-8"
    except LookupError:
        raise Misfit(f"there is no character set {said[1] if said else ''!r}", *loc) from None


def _form(fields: Mapping[str, str], content_type: str, charset: str) -> Body:
    def encode(value: object) -> bytes:
        return quote_plus(str(value).encode(charset, "replace")).encode()

    parts: list[bytes | Placeholder | TextTemplate] = []
    for number, (name, text) in enumerate(fields.items()):
        parts += [(b"&" if number else b"") + encode(name) + b"=", *_parts(text, encode)]
    return Body(tuple(parts), encode, content_type)


def _text(text: str, content_type: str, charset: str) -> Body:
    def encode(value: object) -> bytes:
        return str(value).encode(charset, "xmlcharrefreplace" if "xml" in content_type else "replace")

    return Body(tuple(_parts(text, encode)), encode, content_type)


def _multipart(fields: Mapping[str, str]) -> Body:
    boundary = f"stormdrill-{blake2b(repr(fields).encode(), digest_size=12).hexdigest()}"
    parts: list[bytes | Placeholder | TextTemplate] = []
    for number, (name, text) in enumerate(fields.items()):
        head = f'{"" if not number else chr(13) + chr(10)}--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        parts += [head.encode(), *_parts(text, _utf8)]
    parts.append(f"\r\n--{boundary}--\r\n".encode())
    return Body(tuple(parts), _utf8, f"multipart/form-data; boundary={boundary}")


def _utf8(value: object) -> bytes:
    return str(value).encode()


def _parts(text: str, encode: Callable[[object], bytes]) -> Iterator[bytes | Placeholder]:
    for part in TextTemplate.of(text).parts:
        yield encode(part) if isinstance(part, str) else part
