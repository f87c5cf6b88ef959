"""What the operator can read back: every effect, page after page by key, never more than a page in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, create_model

from mock_bank.services.api import Access, Operation, Reply, Request
from mock_bank.services.codes import Code, RefusedError
from mock_bank.services.database import Pool

PAGE = 1000
PAGE_LIMIT = 5000
QUERY = {"after": "the `next` of the page before; none for the first", "limit": f"rows in a page, 1 to {PAGE_LIMIT}; {PAGE} if not said"}


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A table of effects: its SQL gives the rows with key > $1 in the order of the key, at most $2."""

    name: str
    path: str
    key: str
    row: type[BaseModel]
    sql: str

    def operation(self, pool: Pool, *, hidden: bool) -> Operation:
        """The operation that serves this table; hidden, it answers NOT_FOUND."""
        page = f"with page as ({self.sql}) select coalesce(json_agg(page), '[]')::text, max({self.key})::text, count(*) from page"  # noqa: S608 - our own text, from this folder

        async def handler(request: Request) -> Reply:
            if hidden:
                raise RefusedError(Code.NOT_FOUND)
            limit = _limit(request.query.get("limit", str(PAGE)))
            rows, last, count = await pool.row(page, request.query.get("after", ""), limit)
            cursor = b"null" if count < limit else f'"{last}"'.encode()
            return Reply(Code.OK, b'{"rows":' + rows.encode() + b',"next":' + cursor + b"}")

        reply = create_model(f"{self.row.__name__}Page", rows=(list[self.row], ...), next=(str | None, ...))  # type: ignore[name-defined]  # a type made at run time
        codes = (Code.OK, Code.NOT_FOUND)
        return Operation(
            f"ops.{self.name}", "GET", self.path, f"read back {self.name}", handler, reply, codes, None, QUERY, Access.OPERATOR
        )


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= PAGE_LIMIT:
        raise RefusedError(Code.BAD_PARAM, f"limit: a number from 1 to {PAGE_LIMIT}")
    return int(text)


def operations(tables: Sequence[ReadBack], pool: Pool, *, hidden: bool) -> list[Operation]:
    """The operations of all tables."""
    return [table.operation(pool, hidden=hidden) for table in tables]
