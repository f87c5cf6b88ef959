"""The read-back: every page under our names, asked for again where it is refused just now, and said to be missing where it stays so."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from scenarios.client.readback_capture import capture
from scenarios.run.readback_tables import read_manifest
from scenarios.target.model import Target


class Books(BaseHTTPRequestHandler):
    """A read-back of 25 rows, ten on a page; /broken answers 500 on its second page, /busy refuses each page twice, /gone is nowhere."""

    refusals: ClassVar[dict[str, int]] = {}

    def do_GET(self) -> None:
        """One page."""
        url = urlsplit(self.path)
        after = int(parse_qs(url.query).get("after", ["0"])[0] or 0)
        rows = [
            {"n": n, "no": str(n), "yuan": "1.50", "when": "2026-11-22T10:00:00.250+08:00", "st": "ok" if n % 2 else "bad"}
            for n in range(25)
        ]
        page = rows[after : after + 10]
        body = json.dumps({"rows": page, "next": after + 10 if after + 10 < 25 else None}).encode()
        refused = self.refusals.get(self.path, 0)
        self.refusals[self.path] = refused + 1
        busy = url.path == "/busy" and refused < 2
        self.send_response(500 if url.path == "/broken" and after else 503 if busy else 404 if url.path == "/gone" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def paged(books: str, **paths: str) -> Target:
    """A target whose read-back has a table on each of these paths."""
    table = {"role": "stock", "service": "s", "fields": {"item": "$.no"}}
    tables = {name: table | {"path": f"{path}?after={{cursor}}"} for name, path in paths.items()}
    plain = {"name": "t", "describe": "t", "services": {"s": {"base": books}}, "operations": {}, "readback": {"tables": tables}}
    return Target.model_validate(plain)


@pytest.fixture
def books() -> Iterator[str]:
    """The books' address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Books)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


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
