"""The read-back: every page under our names, asked for again where it is refused just now, and said to be missing where it stays so."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest
from answering import JsonAnswers, answering
from pydantic import ValidationError

from scenarios.client.readback_capture import capture
from scenarios.run.readback_tables import Table, read_manifest
from scenarios.target.model import Target


class Books(JsonAnswers):
    """A read-back of 25 rows, ten on a page; /broken answers 500 on its second page, /busy refuses each page twice, /gone is nowhere."""

    refusals: ClassVar[dict[str, int]] = {}

    def get(self) -> None:
        """One page."""
        url = urlsplit(self.path)
        after = int(parse_qs(url.query).get("after", ["0"])[0] or 0)
        rows = [
            {"n": n, "no": str(n), "yuan": "1.50", "when": "2026-11-22T10:00:00.250+08:00", "st": "ok" if n % 2 else "bad"}
            for n in range(25)
        ]
        page = rows[after : after + 10]
        refused = self.refusals.get(self.path, 0)
        self.refusals[self.path] = refused + 1
        busy = url.path == "/busy" and refused < 2
        status = 500 if url.path == "/broken" and after else 503 if busy else 404 if url.path == "/gone" else 200
        self.say(status, {"rows": page, "next": after + 10 if after + 10 < 25 else None})


def paged(books: str, **paths: str) -> Target:
    """A target whose read-back has a table on each of these paths."""
    table = {"role": "stock", "service": "s", "fields": {"item": "$.no"}}
    tables = {name: table | {"path": f"{path}?after={{cursor}}"} for name, path in paths.items()}
    plain = {"name": "t", "describe": "t", "services": {"s": {"base": books}}, "operations": {}, "readback": {"tables": tables}}
    return Target.model_validate(plain)


@pytest.fixture
def books() -> Iterator[str]:
    """The books' address."""
    with answering(Books) as base:
        yield base


def test_a_read_back_pages_to_the_end_under_our_names(tmp_path: Path, books: str) -> None:
    """All rows, converted; a table that breaks off is said to be incomplete, with its reason."""
    table = {
        "role": "effects",
        "service": "s",
        "path": "/books?after={cursor}",
        "where": {"$.st": ["ok"]},
        "fields": {"op": "'claim.submit'", "customer": "$.no|int", "amount_fen": "$.yuan|fen", "at_ms": "$.when", "state": "$.st"},
        "business": "{customer}:x",
        "final": ["done"],
    }
    target = Target.model_validate(
        {
            "name": "t",
            "describe": "t",
            "services": {"s": {"base": books}},
            "operations": {},
            "readback": {"tables": {"good": table, "broken": table | {"path": "/broken?after={cursor}"}}},
        }
    )
    tables = capture(target, {}, tmp_path, patience_s=0)
    assert read_manifest(tmp_path) == tables
    assert (tables["good"].rows, tables["good"].complete) == (12, True)
    assert not tables["broken"].complete
    assert "answers 500" in tables["broken"].reason
    assert not (tmp_path / "broken.jsonl").exists()
    rows = [json.loads(line) for line in (tmp_path / "good.jsonl").read_text().splitlines()]
    assert [row["customer"] for row in rows] == list(range(1, 25, 2))
    assert rows[0] == {
        "op": "claim.submit",
        "customer": 1,
        "amount_fen": 150,
        "at_ms": 1795312800250,
        "state": "ok",
        "business": "1:x",
        "final": False,
    }


def test_a_page_that_is_refused_just_now_is_asked_for_again(tmp_path: Path, books: str) -> None:
    """Each of three pages twice, and the table is whole, no row twice."""
    Books.refusals.clear()
    tables = capture(paged(books, busy="/busy"), {}, tmp_path)
    assert (tables["busy"].complete, tables["busy"].rows) == (True, 25)
    assert sorted(Books.refusals.values()) == [3, 3, 3]


def test_patience_has_an_end_and_is_for_what_may_pass_only(tmp_path: Path, books: str) -> None:
    """A page that stays refused, and one that is not there: only the first is a system that would not tell."""
    begun_s = time.monotonic()
    tables = capture(paged(books, broken="/broken", gone="/gone"), {}, tmp_path, patience_s=0.5)
    assert time.monotonic() - begun_s < 20
    assert [(table.complete, table.unavailable) for table in tables.values()] == [(False, True), (False, False)]
    silent = capture(paged("http://127.0.0.1:9", silent="/books"), {}, tmp_path, patience_s=0)
    assert silent["silent"].unavailable


def test_a_reading_that_must_be_short_is(tmp_path: Path, books: str) -> None:
    """As of a world that is gone, whatever patience there is; what was not asked is not told to be whole."""
    tables = capture(paged(books, one="/broken", other="/books"), {}, tmp_path, within_s=0.3)
    assert [(table.complete, table.unavailable) for table in tables.values()] == [(False, True), (False, True)]
    assert tables["other"].reason.endswith("the time for the read-back is over")
    assert read_manifest(tmp_path) == tables


def test_only_what_is_missing_is_read_again(tmp_path: Path, books: str) -> None:
    """What was whole stays as it was captured; what was refused is read."""
    target = paged(books, good="/books", late="/busy")
    Books.refusals.clear()
    first = capture(target, {}, tmp_path, patience_s=0)
    assert [table.complete for table in first.values()] == [True, False]
    Books.refusals.clear()
    last = capture(target, {}, tmp_path, earlier=first)
    assert last["good"] == first["good"]
    assert [path for path in Books.refusals if path.startswith("/books")] == []
    assert [table.complete for table in last.values()] == [True, True]
    assert read_manifest(tmp_path) == last


class Shelf(JsonAnswers):
    """35 rows, ten on a page, told in the manner that its path names."""

    more: ClassVar[int] = 0
    """Rows that come after the first page of /moving has been read, once."""

    def get(self) -> None:
        """One page."""
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        manner, size = url.path.removeprefix("/"), int(asked.get("size", 10))
        number = int(asked.get("page", 0)) - (0 if manner in ("spring", "stuck", "round") else 1)
        start = int(asked["offset"]) if "offset" in asked else max(number, 0) * size
        total = 35 + (Shelf.more if manner == "moving" else 0)
        if manner == "moving" and start and not Shelf.more:
            Shelf.more, total = 1, 36
        rows = [{"no": str(n)} for n in range(start, min(start + size, total))]
        if manner == "stuck":
            rows = [{"no": str(n)} for n in range(10)]
        there = start + size < total
        answers: dict[str, object] = {
            "spring": {"content": rows, "last": not there, "totalElements": total},
            "stuck": {"content": rows, "last": False},
            "has-next": {"data": {"list": rows, "hasNextPage": there, "total": total}},
            "counted": {"rows": rows},
            "totalled": {"rows": rows, "total": total},
            "moving": {"rows": rows, "total": total},
            "worded": {"rows": rows, "total": str(total)},
            "short": {"rows": rows[:9] if there else rows, "total": total},
            "linked": {"rows": rows},
            "bare": rows,
            "addressed": {"rows": rows, "links": {"next": f"/addressed?page={number + 2}" if there else None}},
            "astray": {"rows": rows, "links": {"next": "http://127.0.0.2:1/astray?page=2"}},
            "round": {"rows": rows, "next": "1"},
            "long": {"rows": [{"no": orjson.Fragment(LONG)}], "total": 1},
        }
        headers = {"X-Total-Count": str(total)} if manner == "bare" else {}
        if manner == "linked" and there:
            headers["Link"] = f'</linked?page=1>; rel="first", <http://{self.headers["Host"]}/linked?page={number + 2}>; rel="next last"'
        self.say(200, answers[manner], **headers)


LONG = "12345678901234567890123456789012"


@pytest.fixture(scope="module")
def shelf() -> Iterator[str]:
    """The shelf's address."""
    with answering(Shelf) as base:
        yield base


def read(shelf: str, folder: Path, **table: object) -> Table:
    """What became of one table, described so."""
    fields = {"role": "stock", "service": "s", "fields": {"item": "$.no"}}
    plain = {
        "name": "t",
        "describe": "t",
        "services": {"s": {"base": shelf}},
        "operations": {},
        "readback": {"tables": {"t": fields | table}},
    }
    target = Target.model_validate(plain)
    again = Target.model_validate(target.model_dump(mode="json"))  # as it lies in a run's folder
    assert again == target
    table_read = capture(again, {}, folder, patience_s=0)["t"]
    if table_read.complete:
        items = [json.loads(line)["item"] for line in (folder / "t.jsonl").read_text().splitlines()]
        assert items == [str(n) for n in range(len(items))]
    return table_read


PAGED: dict[str, dict[str, object]] = {
    "a number from 0, and last": {"path": "/spring?page={page}", "first_page": 0, "rows": "$.content", "last": "$.last == true"},
    "a number from 1, and whether there is more": {"path": "/has-next?page={page}", "rows": "$.data.list", "next": "$.data.hasNextPage"},
    "an offset and its size, and a total": {"path": "/totalled?offset={offset}&size={size}", "size": 7, "total": "$.total"},
    "an offset to an empty page": {"path": "/counted?offset={offset}"},
    "a number to an empty page": {"path": "/counted", "paging": "?page={page}"},
    "a Link header": {"path": "/linked?page=1", "next_url": "header.Link"},
    "an address": {"path": "/addressed?page=1", "next_url": "$.links.next"},
    "a total in words": {"path": "/worded?page={page}", "total": "$.total"},
}


@pytest.mark.parametrize("manner", PAGED)
def test_a_table_is_read_to_its_end_however_it_pages(tmp_path: Path, shelf: str, manner: str) -> None:
    """All 35 rows, each once, in their order."""
    found = read(shelf, tmp_path, **PAGED[manner])
    assert (found.complete, found.rows) == (True, 35), found.reason


@pytest.mark.parametrize("path", ["$.no", "$.no|int", "$.no|str"])
def test_a_number_beyond_64_bits_stays_what_it_is(tmp_path: Path, shelf: str, path: str) -> None:
    """Digit for digit, whatever the file makes of it; the others are read as ever."""
    again = Target.model_validate(
        {
            "name": "t",
            "describe": "t",
            "services": {"s": {"base": shelf}},
            "operations": {},
            "readback": {"tables": {"t": {"role": "stock", "service": "s", "path": "/long", "fields": {"item": path}}}},
        }
    )
    assert capture(again, {}, tmp_path, patience_s=0)["t"].complete
    assert json.loads((tmp_path / "t.jsonl").read_text()) == {"item": LONG}


UNFINISHED: dict[str, tuple[dict[str, object], str]] = {
    "one page of four, by the total beside it": ({"path": "/worded"}, "10 rows came, but its answer says total: 35; say where it tells"),
    "one page of four, by a header": ({"path": "/bare", "rows": "$"}, "10 rows came, but its answer says X-Total-Count: 35"),
    "one page of four, by a word": ({"path": "/has-next", "rows": "$.data.list"}, "says total: 35"),
    "a total that is mapped": ({"path": "/totalled", "total": "$.total"}, "10 rows came, but its own total at $.total is 35"),
    "rows left out of pages": ({"path": "/short?page={page}", "total": "$.total"}, "32 rows came, but its own total at $.total is 35"),
    "no total where one is mapped": ({"path": "/counted?page={page}", "total": "$.total"}, "has no number of rows at $.total"),
    "the same page for ever": (
        {"path": "/stuck?page={page}", "rows": "$.content", "last": "$.last == true"},
        "rows of an earlier page again",
    ),
    "a cursor that comes again": ({"path": "/round?page={cursor}"}, "/round?page=1 is asked for twice: its pages would never end"),
    "a request that does not say which page": (
        {"path": "/has-next", "rows": "$.data.list", "next": "$.data.hasNextPage"},
        "is asked for twice",
    ),
    "another host": (
        {"path": "/astray?page=1", "next_url": "$.links.next"},
        "which is not at its own address; no page is fetched elsewhere",
    ),
}


@pytest.mark.parametrize("trouble", UNFINISHED)
def test_what_is_not_all_of_a_table_is_not_taken_for_it(tmp_path: Path, shelf: str, trouble: str) -> None:
    """Not complete, with the reason; and it comes to an end."""
    table, reason = UNFINISHED[trouble]
    found = read(shelf, tmp_path, **table)
    assert not found.complete
    assert reason in found.reason


def test_a_word_that_means_something_else_is_ignored_by_name(tmp_path: Path, shelf: str) -> None:
    """Then ten rows are all."""
    found = read(shelf, tmp_path, path="/worded", ignore=["total"])
    assert (found.complete, found.rows) == (True, 10), found.reason


def test_a_table_that_grows_while_it_is_read_is_read_again(tmp_path: Path, shelf: str) -> None:
    """A row came between its pages: the second reading has all."""
    Shelf.more = 0
    found = read(shelf, tmp_path, path="/moving?page={page}", total="$.total")
    assert (found.complete, found.rows) == (True, 36), found.reason


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"next": "$.next", "last": "$.last == true"}, "next and last tell of the next page both; allowed: one of next, next_url, last"),
        ({"first_page": 2}, "first_page"),
        ({"size": 0}, "size"),
        ({"total": "total"}, "'total' is not a path"),
        ({"nxt": "$.next"}, "nxt"),
    ],
)
def test_paging_that_cannot_be_is_refused(shelf: str, tmp_path: Path, table: dict[str, object], says: str) -> None:
    """Before anything is asked."""
    with pytest.raises(ValidationError) as refused:
        read(shelf, tmp_path, path="/counted", **table)
    assert says in str(refused.value)


class Restless(JsonAnswers):
    """Each path has been asked so often: /late has one more effect from the second time on, /busy each time, /paid and /turned never."""

    asked: ClassVar[dict[str, int]] = {}

    def get(self) -> None:
        """The whole table."""
        path = urlsplit(self.path).path
        number = self.asked[path] = self.asked.get(path, 0) + 1
        rows = [{"id": f"E{row}"} for row in range({"/late": min(number, 2), "/busy": number}.get(path, 2))]
        self.say(200, {"rows": rows[::-1] if path == "/turned" and number % 2 else rows, "next": None})


def restless(base: str, path: str) -> Target:
    """A target with effects there, which are paid."""
    fields = {"effects": {"op": "'claim.submit'", "id": "$.id"}, "payouts": {"ref": "$.id"}}
    tables = {
        told.strip("/"): {"role": role, "service": "s", "path": f"{told}?after={{cursor}}", "fields": fields[role]}
        for told, role in ((path, "effects"), ("/paid", "payouts"))
    }
    return Target.model_validate(
        {"name": "t", "describe": "t", "services": {"s": {"base": base}}, "operations": {}, "readback": {"tables": tables}}
    )


@pytest.mark.parametrize(
    ("path", "rows", "asked"),
    [("/late", 2, 4), ("/turned", 2, 2), ("/busy", 7, 7)],
    ids=["an effect that ends in between", "another order", "a system that others use as well"],
)
def test_what_ends_while_tables_are_read_is_in_all_of_them(tmp_path: Path, path: str, rows: int, asked: int) -> None:
    """All is read anew where something has come in between, a few times at most; the last reading counts, and lies there."""
    Restless.asked.clear()
    with answering(Restless) as base:
        tables = capture(restless(base, path), {}, tmp_path)
    name = path.strip("/")
    assert (tables["paid"].complete, tables["paid"].rows) == (True, 2)
    assert (tables[name].complete, tables[name].rows) == (True, rows)
    assert len((tmp_path / f"{name}.jsonl").read_text().splitlines()) == rows
    assert Restless.asked[path] == asked
