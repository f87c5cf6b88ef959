"""The kinds of text and number that a target's fields are made of: what each may hold, and how much of it."""

import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue

from scenarios.errors import BadInput
from scenarios.harmless import clipped
from scenarios.target.addresses import parse_address
from scenarios.target.json_paths import walk_steps
from scenarios.target.predicates import compile_predicate
from scenarios.target.responses import compile_path
from scenarios.target.row_fields import RowField
from scenarios.target.templates import JsonTemplate, TextTemplate
from scenarios.wire.content import CODINGS
from scenarios.wire.request_bytes import FRAMING

MOST_TEXT = 4000
MOST_NAME = 200
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")


def _checked(compile_it: Callable[[str], object]) -> AfterValidator:
    def check(source: str) -> str:
        if len(source) > MOST_TEXT:
            raise ValueError(f"is longer than {MOST_TEXT:,} characters")
        try:
            compile_it(source)
        except BadInput as error:
            raise ValueError(error.what) from None
        return source

    return AfterValidator(check)


def _row_path(source: str) -> None:
    """A path into a row, by which rows are kept. Raises BadInput where it is none."""
    if not source.startswith("$"):
        raise BadInput(f"{clipped(source)!r} is no path into a row; allowed: $.name.name[0]")
    walk_steps(source, source[1:])


def _url_path(source: str) -> None:
    """A template of a path. Raises BadInput where it could lead to another host, or hide something in the request."""
    TextTemplate.of(source)
    if not source.startswith("/") or source.startswith("//"):
        raise BadInput(f"{clipped(source)!r} is no path; it begins with one /")
    _one_line(source)


def _url(source: str) -> None:
    """A template of an address. Raises BadInput where it is none as far as it is known."""
    if not TextTemplate.of(source).placeholders:
        parse_address(source)


def _base(source: str) -> None:
    """A template of a base address, to which paths are added."""
    _url(source)
    if "?" in source or "#" in source:
        raise BadInput(f"{clipped(source)!r} is no base address; paths are added to it, so it has neither ? nor #")


def _header_value(source: str) -> None:
    """A template of a header's value. Raises BadInput where it would be two headers."""
    TextTemplate.of(source)
    _one_line(source)


def _one_line(source: str) -> None:
    if any(char < " " or char == "\x7f" for char in source):
        raise BadInput(f"{clipped(source)!r} holds a control character")


def _header_name(source: str) -> None:
    if not _HEADER.fullmatch(source):
        raise BadInput(f"{clipped(source)!r} is no name of a header; allowed: letters, digits and !#$%&'*+-.^_`|~")
    if source.lower() in FRAMING:
        raise BadInput(f"{source} says where a request ends, or what becomes of its connection; leave it out")


def _headers(headers: dict[str, str]) -> dict[str, str]:
    """Raises ValueError where two are the same but for their case, or where answers are asked for that cannot be unpacked."""
    spelled: dict[str, str] = {}
    for name, value in headers.items():
        if (other := spelled.setdefault(name.lower(), name)) != name:
            raise ValueError(f"{other} and {name} are the same header; allowed: one of them")
        if name.lower() == "accept-encoding" and "{" not in value:
            _codings(value)
    return headers


def _codings(asked: str) -> None:
    for each in asked.split(","):
        coding = each.partition(";")[0].strip().lower()
        if coding not in ("", "identity", *CODINGS):
            raise ValueError(f"Accept-Encoding asks for {clipped(coding)!r}, which cannot be unpacked; allowed: {', '.join(CODINGS)}")


def _form_field(name: str) -> str:
    if not 0 < len(name) <= MOST_NAME or not name.isprintable() or '"' in name:
        raise ValueError(f"{clipped(name)!r} is no name of a field; allowed: {MOST_NAME} printable characters at most, but no quotes")
    return name


def _visible(source: str) -> str:
    if not any(char.isprintable() and not char.isspace() for char in source):
        raise ValueError("is blank")
    return source


def _not_ours(variable: str) -> str:
    if variable.upper().startswith("STORMDRILL_") and not variable.endswith("_TOKEN"):
        raise ValueError(f"{variable!r} is one of this program's own; allowed: any other variable")
    return variable


def _body(tree: JsonValue) -> JsonValue:
    try:
        JsonTemplate.of(tree)
    except BadInput as error:
        raise ValueError(error.what) from None
    return tree


Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
"""Of files and of what they define."""
InnerName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=80)]
"""Of what a target's file calls something by: operations, services, tables, extracted values."""
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=80), AfterValidator(_not_ours)]
"""Of the environment that a secret is taken from: none of those that tell this program what to do, or hold its keys."""
WorldVariable = Annotated[str, Field(pattern=r"^STORMDRILL_[A-Z0-9_]*_TOKEN$", max_length=80)]
"""Of the environment that a world's secret is put into: none that means anything to any program."""
SwitchValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=80)]
Description = Annotated[str, Field(max_length=500), AfterValidator(_visible)]
PredicateText = Annotated[str, _checked(compile_predicate)]
DONE = "http in [200, 201, 202, 204]"
"""What a request of the control plane answers when it is done, where the file does not say."""
PathText = Annotated[str, _checked(compile_path)]
"""A path into an answer."""
TemplateText = Annotated[str, _checked(TextTemplate.of)]
FieldText = Annotated[str, _checked(RowField.of)]
RowPath = Annotated[str, _checked(_row_path)]
UrlPath = Annotated[str, _checked(_url_path)]
UrlText = Annotated[str, _checked(_url)]
BaseText = Annotated[str, _checked(_base)]
HeaderName = Annotated[str, _checked(_header_name)]
HeaderText = Annotated[str, _checked(_header_value)]
FormField = Annotated[str, AfterValidator(_form_field)]
BodyTree = Annotated[JsonValue, AfterValidator(_body)]
Headers = Annotated[dict[HeaderName, HeaderText], Field(max_length=100), AfterValidator(_headers)]
ReasonName = Literal["sold_out", "insufficient", "already", "limit", "too_early", "ended", "amount", "expired", "changed", "not_entitled"]
TierName = Literal["new", "active", "gold"]
OutcomeName = Literal["success", "refusal", "challenge", "shed", "failure", "unknown"]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Patience = Annotated[float, Field(gt=0, le=3600)]
"""Seconds that something is waited for."""
