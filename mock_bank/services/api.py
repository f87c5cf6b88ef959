"""The shape of an operation, and of what its handler gets and gives."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from mock_bank.services.codes import Code

NULL = b"null"


class Body(BaseModel):
    """A request's body: what is not described is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=200)


class Access(Enum):
    """Whom an operation serves."""

    PUBLIC = "public"
    CUSTOMER = "customer"
    OPERATOR = "operator"


@dataclass(slots=True)
class Request:
    """One request, as far as its operation needs it."""

    path: tuple[str, ...]
    query: Mapping[str, str]
    device: str
    customer_no: str = ""
    key: str = ""
    body: Any = None
    body_hash: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """A code and its data, as JSON text; bare, the data is the whole body."""

    code: Code
    data: bytes = NULL
    bare: bool = False


Handler = Callable[[Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a service does. Its OpenAPI entry, its routing and its checks all come from here."""

    name: str
    method: str
    path: str
    summary: str
    handler: Handler
    reply: type[BaseModel]
    codes: tuple[Code, ...]
    body: type[Body] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    access: Access = Access.CUSTOMER
    bare: bool = False
    effectful: bool = False
    keyed: bool = False
    unhashed: frozenset[str] = frozenset()


def done(data: object) -> Reply:
    """A plain success."""
    return Reply(Code.OK, orjson.dumps(data))


def answer(row: Any) -> Reply:
    """The reply that an SQL function returned as (code, data)."""
    data: str | None = row[1]
    return Reply(Code(row[0]), NULL if data is None else data.encode())
