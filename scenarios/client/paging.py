"""From page to page of one table of the read-back, to its end: as the target's file says it, and no sooner than the service itself says.

An end that comes too soon would take a part of the books for all of them. So the rows that came are held against the service's own
total, which a file maps; where it does not, against what the answer says beside its rows in the words that such answers use.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from urllib.parse import urljoin, urlsplit

import orjson

from scenarios.errors import StormdrillError
from scenarios.harmless import clipped
from scenarios.target.model import Target
from scenarios.target.operation_codec import render_request
from scenarios.target.predicates import compile_predicate
from scenarios.target.readback import Source
from scenarios.target.responses import Response, compile_path
from scenarios.target.templates import Scope
from scenarios.wire.request_bytes import Request

_LINK = re.compile(r"<([^<>]{1,4000})>([^<>]{0,400})")
_REL_NEXT = re.compile(r";\s*rel\s*=\s*\"?(?:[^\";]*\s)?next[\s\";]", re.IGNORECASE)
_TOTALS = ("total", "totalElements", "totalCount", "total_count", "totalItems", "totalRecords", "totalRows", "recordsTotal")
_MORE: dict[str, bool] = {
    **dict.fromkeys(("hasNext", "has_next", "hasNextPage", "hasMore", "has_more"), True),
    **dict.fromkeys(("last", "isLast", "isLastPage"), False),
}
_INNER = ("page", "pageInfo", "paging", "pagination", "meta")
_NO_CURSOR = (None, False, "")


class ReadBackFailed(StormdrillError):
    """A table could not be read to its end."""

    def __init__(self, sentence: str, *, unavailable: bool = False, moving: bool = False) -> None:
        """`unavailable`: the system would not tell just now, or did not answer; what it says otherwise is not understood.

        `moving`: rows came or went while it was read, so it is to be read again from its beginning.
        """
        super().__init__(sentence)
        self.unavailable = unavailable
        self.moving = moving


class Pager:
    """Goes through the pages of one table."""

    def __init__(self, source: Source, target: Target, statics: Scope, size: int | None = None) -> None:
        """At the first page; `size` in the place of the file's own."""
        self._source, self._target, self._statics = source, target, statics
        self._size = size or source.size
        self._rows = compile_path(source.rows)
        following = source.next or source.next_url
        self._next = compile_path(following) if following else None
        self._last = compile_predicate(source.last) if source.last else None
        self._total = compile_path(source.total) if source.total else None
        self._cursor: object = ""
        self._url = ""
        self._page: int = source.first_page
        self._seen = 0
        self._first_total: int | None = None
        self._asked: set[bytes] = set()
        self._came: set[bytes] = set()

    def request(self) -> Request:
        """The next page's. Raises ReadBackFailed where it was asked for before: then the pages would never end."""
        at = {"cursor": self._cursor, "page": self._page, "offset": self._seen, "size": self._size}
        request = render_request(self._source, self._target, {**self._statics, **at})
        request = request.moved(self._url) if self._url else request
        _new(self._asked, request.data, f"{request.url} is asked for twice")
        return request

    def rows(self, request: Request, response: Response) -> list[object]:
        """The page's rows. Raises ReadBackFailed where it has none, or where they came before."""
        rows = self._rows(response)
        if not isinstance(rows, list):
            raise ReadBackFailed(f"{request.url} has no list at {self._source.rows}")
        if rows:
            _new(self._came, orjson.dumps(rows, default=str), f"{request.url} gives the rows of an earlier page again")
        self._seen += len(rows)
        return rows

    def turn(self, request: Request, response: Response, rows: list[object]) -> bool:
        """Whether there is a page after this one. Raises ReadBackFailed where there is, and it cannot be asked for."""
        total = self._told_total(request, response)
        more = self._goes_on(request, response, rows, total)
        self._page += 1
        if not more:
            self._whole(request, response, total)
        return more

    def _goes_on(self, request: Request, response: Response, rows: list[object], total: int | None) -> bool:
        if self._last is not None:
            return not self._last(response)
        if self._next is not None:
            found = self._next(response)
            if self._source.next_url:
                found = self._url = _followed(found, request.url)
            self._cursor = found
            return found not in _NO_CURSOR or type(found) is int  # 0 is a cursor
        if not self._source.counts or not rows:
            return False
        return total is None or self._seen < total

    def _whole(self, request: Request, response: Response, total: int | None) -> None:
        """Raises ReadBackFailed where the service itself says that it has other rows than these."""
        if total is not None:
            if total != self._first_total:
                sentence = f"{request.url}: its own total went from {self._first_total} to {total} while it was read"
                raise ReadBackFailed(sentence, unavailable=True, moving=True)
            if total != self._seen:
                raise ReadBackFailed(f"{request.url}: {self._seen} rows came, but its own total at {self._source.total} is {total}")
            return
        for name, value in _beside(response, self._source.rows):
            if name in self._source.ignore:
                continue
            if name in _TOTALS or name == "X-Total-Count":
                more = (count := _count(value)) is not None and count > self._seen
            else:
                more = value is _MORE[name]
            if more:
                raise ReadBackFailed(
                    f"{request.url}: {self._seen} rows came, but its answer says {name}: {value}; say where it tells of more by next, "
                    f"next_url, last or total, or ignore: [{name}] where it means something else"
                )

    def _told_total(self, request: Request, response: Response) -> int | None:
        if self._total is None:
            return None
        found = _count(self._total(response))
        if found is None:
            raise ReadBackFailed(f"{request.url} has no number of rows at {self._source.total}")
        if self._first_total is None:
            self._first_total = found
        return found


def _beside(response: Response, rows: str) -> Iterator[tuple[str, object]]:
    """What an answer says of its pages in the usual words: in the objects that its rows are in, and in their headers."""
    parent = rows.rpartition(".")[0] if rows.startswith("$.") else ""
    around = [compile_path(parent)(response)] if parent.startswith("$.") else []
    around.append(response.document)
    for found in [each for each in around if isinstance(each, Mapping)]:
        for each in (found, *(inner for name in _INNER if isinstance(inner := found.get(name), Mapping))):
            yield from ((name, each[name]) for name in (*_TOTALS, *_MORE) if name in each)
    if "x-total-count" in response.headers:
        yield "X-Total-Count", response.headers["x-total-count"]


def _count(value: object) -> int | None:
    text = str(value)
    return int(text) if not isinstance(value, bool) and text.isascii() and text.isdigit() and len(text) < 19 else None  # noqa: PLR2004 - 64 bits


def _new(seen: set[bytes], what: bytes, otherwise: str) -> None:
    digest = blake2b(what, digest_size=16).digest()
    if digest in seen:
        raise ReadBackFailed(f"{otherwise}: its pages would never end; allowed: {{cursor}}, {{page}} or {{offset}} as it pages")
    seen.add(digest)


def _followed(found: object, asked: str) -> str:
    """The next page's address, from an address or a Link header; empty where there is none. It never leads to another host."""
    if not isinstance(found, str) or not found:
        return ""
    if found.lstrip().startswith("<"):
        found = next((url for url, attributes in _LINK.findall(found) if _REL_NEXT.search(f"{attributes};")), "")
        if not found:
            return ""
    url = urljoin(asked, str(found))
    try:
        same = urlsplit(url)[:2] == urlsplit(asked)[:2]
    except ValueError:
        same = False
    if not same or not url.isprintable() or " " in url:
        raise ReadBackFailed(f"{asked}: its next page is {clipped(found)!r}, which is not at its own address; no page is fetched elsewhere")
    return url
