"""The read-back's part of a target's file: its tables, and what they all have, said once."""

import re
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic.config import JsonDict

from scenarios.errors import Misfit
from scenarios.strict import Strict
from scenarios.target.fields import (
    FieldText,
    Headers,
    InnerName,
    Method,
    Name,
    PathText,
    Patience,
    PredicateText,
    RowPath,
    TemplateText,
    UrlPath,
)
from scenarios.target.request_template import RequestTemplate
from scenarios.target.row_names import meant
from scenarios.target.templates import TextTemplate


class Parties(Strict):
    """Between whom a row says that money went, from our names for its fields."""

    model_config = ConfigDict(serialize_by_alias=True)

    payer: TemplateText = Field(alias="from")
    payee: TemplateText = Field(alias="to")


Role = Literal[
    "effects",
    "payouts",
    "stock",
    "ledger",
    "accounts",
    "windows",
    "audit",
    "calls",
    "rewards",
    "points",
    "budgets",
    "teams",
    "sources",
    "plans",
    "statements",
    "kpis",
    "beacons",
    "orders",
]
"""What a table is, in the order in which they are read: an effect before the books that it is entered in."""
RowFields = dict[InnerName, FieldText]
FirstPage = Annotated[int, Field(ge=0, le=1)]
PageSize = Annotated[int, Field(ge=1, le=100_000)]

_ENDS = ("next", "next_url", "last")
"""What tells that there is another page: one of them, or a total alone."""
_COUNTED = re.compile(r"\{(?:page|offset)\b")


def _what_defaults_leave(schema: JsonDict) -> None:
    schema["required"] = ["role", "path"]


class Source(RequestTemplate):
    """One table of the read-back: paged requests, and the fields of its rows under our names."""

    model_config = ConfigDict(json_schema_extra=_what_defaults_leave)

    role: Role
    path: UrlPath = Field(
        description="{cursor} is empty on the first page; {page} counts them, {offset} the rows so far, {size} is theirs; in the body too"
    )
    paging: TemplateText = Field(default="", description="what stands behind the path, as ?after={cursor}")
    expect: PredicateText = Field(default="http == 200", description="when a page is one")
    rows: PathText = "$.rows"
    next: PathText | None = Field(
        default="$.next", description="the next page's cursor, or whether there is one; none follows null or false"
    )
    next_url: PathText | None = Field(default=None, description="the next page's address, or header.Link; on the same host only")
    last: PredicateText | None = Field(default=None, description="when a page is the last one")
    total: PathText | None = Field(
        default=None, description="how many rows there are, as the service says; with others the table is not complete"
    )
    first_page: FirstPage = Field(default=1, description="what {page} is on the first page")
    size: PageSize = Field(default=500, description="what {size} stands for")
    ignore: list[InnerName] = Field(default=[], description="words beside the rows, as `total`, that do not mean how many rows there are")
    where: dict[RowPath, list[JsonValue]] = Field(default={}, description="keep only rows whose field has one of these values")
    fields: RowFields = Field(description="our name: a path in the row, or 'text' in quotes for a constant")
    business: TemplateText | None = Field(default=None, description="business key from our names, as the operation's effect spells it")
    parties: Parties | None = Field(default=None, description="of a table of effects that move money: who paid whom")
    final: list[str] = Field(default=[], description="states that are terminal; empty: every state is")

    @property
    def whole_path(self) -> str:
        """With what pages it."""
        return self.path + self.paging

    @property
    def counts(self) -> bool:
        """Whether its requests tell a page or an offset, so that one may be asked for after another until none has rows."""
        return _counted(*self._asked)

    @property
    def pages(self) -> bool:
        """Whether its requests can tell one page from another at all."""
        return self.counts or self.next_url is not None or self._names("cursor")

    @property
    def sized(self) -> bool:
        """Whether its requests tell how long a page is to be."""
        return self._names("size")

    @property
    def _asked(self) -> tuple[object, ...]:
        return (
            self.path,
            self.paging,
            self.headers,
            self.body,
            self.form,
            self.multipart,
            self.text,
            self.graphql and self.graphql.variables,
        )

    def _names(self, name: str) -> bool:
        return f"{{{name}" in repr(self._asked)

    @model_validator(mode="before")
    @classmethod
    def _one_end(cls, data: object) -> object:
        """Where another end is said, or pages are counted, the cursor's usual place is none."""
        if not isinstance(data, dict) or "next" in data:
            return data
        counted = _counted(*(data.get(part) for part in ("path", "paging", "headers", "body", "form", "multipart", "text")))
        other = counted or any(data.get(name) is not None for name in (*_ENDS, "total"))
        return data | {"next": None} if other else data

    @model_validator(mode="after")
    def _one_way_on(self) -> "Source":
        said = [name for name in _ENDS if getattr(self, name) is not None]
        if len(said) > 1:
            raise Misfit(f"{' and '.join(said)} tell of the next page both; allowed: one of {', '.join(_ENDS)}", said[1])
        return self

    @model_validator(mode="after")
    def _names_are_ours(self) -> "Source":
        parties = (self.parties.payer, self.parties.payee) if self.parties else ()
        made = {"business": (self.business or "",), "parties": parties}
        used = {place: frozenset().union(*(TextTemplate.of(text).placeholders for text in texts)) for place, texts in made.items()}
        for place, names in used.items():
            for name in sorted(names - self.fields.keys()):
                if "." not in name:
                    raise Misfit(f"{{{name}}} is none of the fields; there are: {', '.join(self.fields)}", place)
        for name in self.fields.keys() - frozenset().union(*used.values()):
            if (known := meant(name, self.role, self.fields)) is not None:
                raise Misfit(f"{name!r} is no name of ours for a field of {self.role}; did you mean {known!r}?", "fields", name)
        return self


def _counted(*parts: object) -> bool:
    return _COUNTED.search(repr(parts)) is not None


class Defaults(Strict):
    """What each table of the read-back has where it says nothing else; headers and fields stand beside the table's own."""

    service: InnerName | None = None
    method: Method = "GET"
    headers: Headers = {}
    paging: TemplateText = ""
    expect: PredicateText = "http == 200"
    rows: PathText = "$.rows"
    next: PathText | None = "$.next"
    next_url: PathText | None = None
    last: PredicateText | None = None
    total: PathText | None = None
    first_page: FirstPage = 1
    size: PageSize = 500
    ignore: list[InnerName] = []
    fields: dict[Role, RowFields] = Field(default={}, description="by the role of the tables that have them")


class ReadBack(Strict):
    """What the system says afterwards."""

    defaults: Defaults | None = None
    tables: Annotated[dict[Name, Source], Field(max_length=100)]
    timeout_s: Patience = 60

    def in_order(self) -> list[tuple[str, Source]]:
        """The tables by name, in the order of their roles, then of the file."""
        return sorted(self.tables.items(), key=lambda table: get_args(Role).index(table[1].role))

    @model_validator(mode="before")
    @classmethod
    def _said_once(cls, data: object) -> object:
        if not isinstance(data, dict) or not isinstance(data.get("tables"), dict) or not isinstance(data.get("defaults"), dict):
            return data
        return data | {"tables": {name: _with_defaults(table, data["defaults"]) for name, table in data["tables"].items()}}


def _with_defaults(table: object, defaults: dict[str, object]) -> object:
    if not isinstance(table, dict):
        return table
    role, by_role = table.get("role"), defaults.get("fields")
    common_fields = by_role.get(role) if isinstance(role, str) and isinstance(by_role, dict) else None
    beside = {"headers": defaults.get("headers"), "fields": common_fields}
    both = {
        name: common | own for name, common in beside.items() if isinstance(common, dict) and isinstance(own := table.get(name, {}), dict)
    }
    own_end = _ENDS if any(name in table for name in _ENDS) else ()
    return {name: value for name, value in defaults.items() if name not in beside and name not in own_end} | table | both
