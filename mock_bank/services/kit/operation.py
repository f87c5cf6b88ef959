"""The shape of an operation, and of what its handler gets and gives."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict

from mock_bank.services.kit import codes
from mock_bank.services.kit.capacity import GivesWay
from mock_bank.services.kit.codes import BAD_PARAM, Code, RefusedError
from mock_bank.services.kit.service_node import ServiceNode

NULL = b"null"


class Body(BaseModel):
    """A request's body: what is not described is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=200)


class Access(Enum):
    """Whom an operation serves."""

    PUBLIC = "public"
    CUSTOMER = "customer"
    OPERATOR = "operator"
    INVITED = "invited"  # whoever shows, in the body, leave that a node has signed


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

    def number(self, name: str, most_digits: int, what: str) -> int:
        """A number of the query, 0 if it is not said. Raises RefusedError, with `what` is allowed."""
        text = self.query.get(name, "0")
        if not text.isascii() or not text.isdecimal() or len(text) > most_digits:
            raise RefusedError(BAD_PARAM, f"{name}: {what}")
        return int(text)


@dataclass(frozen=True, slots=True)
class Reply:
    """A code and its data, as JSON text; bare, the data is the whole body."""

    code: str
    data: bytes = NULL
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """A request of the kind that an operation gets, so that a new connection can be warmed up with it.

    In its texts, and in its operation's path, `{tag}` is a name that nobody else has, and `{name}` the value that an answer to an
    earlier sample had under that name; for a name of the path, `path` may say something else.
    """

    body: object = None
    query: str = ""
    path: Mapping[str, str] = field(default_factory=dict)
    customer: str = "{tag}"  # who asks
    code: Code = codes.OK  # what it is answered with, where that is an error by its status


Handler = Callable[[ServiceNode, Request], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a service does. Its OpenAPI entry, its routing and its checks all come from here."""

    id: str
    method: str
    path: str  # whole, or without a leading slash behind the service's prefix
    handler: Handler
    reply: type[BaseModel]
    codes: tuple[Code, ...] = (codes.OK,)
    body: type[Body] | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    access: Access = Access.CUSTOMER
    bare: bool = False
    effectful: bool = False
    keyed: bool = False
    gives_way: GivesWay = GivesWay.NEXT  # when not all can be served
    unhashed: frozenset[str] = frozenset()
    sample: Sample | None = None

    @property
    def summary(self) -> str:
        """The first sentence of what its handler says of itself."""
        return (self.handler.__doc__ or self.id).partition("\n")[0]


def operation(id: str, method: str, path: str, reply: type[BaseModel], **more: Any) -> Callable[[Handler], Operation]:  # noqa: A002 - an operation's id is its id
    """Makes an operation of its handler; `more` are the fields of Operation."""
    return lambda handler: Operation(id, method, path, handler, reply, **more)


def ok(data: object) -> Reply:
    """A plain success."""
    return Reply(codes.OK, orjson.dumps(data))


def reply_of(row: Any) -> Reply:
    """The reply that an SQL function returned as (code, data)."""
    data: str | None = row[1]
    return Reply(row[0], NULL if data is None else data.encode())


async def effect(node: ServiceNode, function: str, request: Request, *arguments: object) -> Reply:
    """An effectful SQL function's reply."""
    return reply_of(await effect_row(node, function, request, *arguments))


async def effect_row(node: ServiceNode, function: str, request: Request, *arguments: object) -> Any:
    """What an effectful SQL function gives: code, data, and what else it has to say.

    All of them take key, hash of the body, customer, their own arguments, and the site.
    """
    given = (request.key, request.body_hash, request.customer_no, *arguments, node.site)
    return await node.database.row(_call(function, len(given)), *given)


@cache
def _call(function: str, arguments: int) -> str:
    return f"select * from {function}({', '.join(f'${n}' for n in range(1, arguments + 1))})"  # noqa: S608 - our own names
