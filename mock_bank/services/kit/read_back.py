"""What the operator can read back: every effect, page after page by key, never more than a page in memory."""

from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, create_model

from mock_bank.services.kit.codes import BAD_PARAM, NOT_FOUND, OK, RefusedError
from mock_bank.services.kit.operation import Access, Operation, Reply, Request
from mock_bank.services.kit.service_node import ServiceNode
from mock_bank.services.kit.switches import HIDDEN_READ_BACK

PAGE: Final = 1000
PAGE_LIMIT: Final = 5000
QUERY: Final = {
    "after": "the `next` of the page before; none for the first",
    "limit": f"rows in a page, 1 to {PAGE_LIMIT}; {PAGE} if not said",
}


@dataclass(frozen=True, slots=True)
class ReadBackTable:
    """A table of effects: its SQL gives the rows with key > $1 in the order of the key, at most $2."""

    name: str
    path: str
    key: str
    row: type[BaseModel]
    sql: str

    def operation(self, schema: str) -> Operation:
        """The operation that serves this table; `{schema}` in its SQL stands for the service's own."""
        sql = self.sql.replace("{schema}", schema)
        page = f"with page as ({sql}) select coalesce(json_agg(page), '[]')::text, max({self.key})::text, count(*) from page"  # noqa: S608 - our own text, from this folder

        async def handler(node: ServiceNode, request: Request) -> Reply:
            if HIDDEN_READ_BACK in node.config.on:
                raise RefusedError(NOT_FOUND)
            limit = _limit(request.query.get("limit", str(PAGE)))
            rows, last, count = await node.database.row(page, request.query.get("after", ""), limit)
            cursor = b"null" if count < limit else f'"{last}"'.encode()
            return Reply(OK, b'{"rows":' + rows.encode() + b',"next":' + cursor + b"}")

        handler.__doc__ = f"Read back {self.name}."
        reply = create_model(f"{self.row.__name__}Page", rows=(list[self.row], ...), next=(str | None, ...))  # type: ignore[name-defined]  # a type made at run time
        return Operation(f"readback.{self.name}", "GET", self.path, handler, reply, (OK, NOT_FOUND), query=QUERY, access=Access.OPERATOR)


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= PAGE_LIMIT:
        raise RefusedError(BAD_PARAM, f"limit: a number from 1 to {PAGE_LIMIT}")
    return int(text)
