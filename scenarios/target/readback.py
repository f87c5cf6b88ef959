"""The read-back's part of a target's file: its tables, and what they all have, said once."""

from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic.config import JsonDict

from scenarios.strict import Strict
from scenarios.target.fields import FieldText, Headers, InnerName, Method, Name, PathText, Patience, PredicateText, TemplateText, UrlPath
from scenarios.target.request_template import RequestTemplate


class Parties(Strict):
    """Between whom a row says that money went, from our names for its fields."""

    model_config = ConfigDict(serialize_by_alias=True)

    payer: TemplateText = Field(alias="from")
    payee: TemplateText = Field(alias="to")


Role = Literal["effects", "payouts", "stock", "ledger", "accounts", "windows", "audit", "calls"]
"""What a table is, in the order in which they are read: an effect before the books that it is entered in."""
RowFields = dict[InnerName, FieldText]


def _what_defaults_leave(schema: JsonDict) -> None:
    schema["required"] = ["role", "path"]


class Source(RequestTemplate):
    """One table of the read-back: paged requests, and the fields of its rows under our names."""

    model_config = ConfigDict(json_schema_extra=_what_defaults_leave)

    role: Role
    path: UrlPath = Field(description="{cursor} is empty on the first page; {page} counts them from 1, here and in the body")
    paging: TemplateText = Field(default="", description="what stands behind the path, as ?after={cursor}")
    expect: PredicateText = Field(default="http == 200", description="when a page is one")
    rows: PathText = "$.rows"
    next: PathText | None = Field(
        default="$.next", description="the next page's cursor, or whether there is one; none follows null or false"
    )
    where: dict[str, list[JsonValue]] = Field(default={}, description="keep only rows whose field has one of these values")
    fields: RowFields = Field(description="our name: a path in the row, or 'text' in quotes for a constant")
    business: TemplateText | None = Field(default=None, description="business key from our names, as the operation's effect spells it")
    parties: Parties | None = Field(default=None, description="of a table of effects that move money: who paid whom")
    final: list[str] = Field(default=[], description="states that are terminal; empty: every state is")

    @property
    def whole_path(self) -> str:
        """With what pages it."""
        return self.path + self.paging


class Defaults(Strict):
    """What each table of the read-back has where it says nothing else; headers and fields stand beside the table's own."""

    service: InnerName | None = None
    method: Method = "GET"
    headers: Headers = {}
    paging: TemplateText = ""
    expect: PredicateText = "http == 200"
    rows: PathText = "$.rows"
    next: PathText | None = "$.next"
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
    return {name: value for name, value in defaults.items() if name not in beside} | table | both
