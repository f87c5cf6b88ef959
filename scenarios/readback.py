"""What the system says afterwards: tables read page by page into `readback/<table>.jsonl`, each row under our names.

Roles and the names that the judge knows (a name that a target cannot give is left out):
effects   op, key, customer, item, batch, window, amount_fen, state, id, at_ms, site, business, final
stock     item, batch, initial, replenished, granted, remaining
ledger    txn, account, debit_fen, credit_fen, at_ms
accounts  account, owner (null: an internal account, which may be negative), balance_fen
windows   window, opens_ms, closes_ms, cap, pool_fen, least_fen, most_fen
audit     actor, action, at_ms
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson
import requests

from scenarios.errors import StormdrillError
from scenarios.events import EventWriter
from scenarios.reply import CONVERTERS, Reply, compile_path, walk, walk_steps
from scenarios.run import write_whole
from scenarios.speech import base_url
from scenarios.target import Source, Target
from scenarios.template import Scope, Text

Row = dict[str, object]
_PAGES = 100_000


class ReadBackFailed(StormdrillError):
    """A table could not be read to its end."""


@dataclass(frozen=True, slots=True)
class Table:
    """What the manifest says of one table."""

    role: str
    rows: int
    sha256: str
    complete: bool
    reason: str = ""


def capture(target: Target, statics: Scope, folder: Path, events: EventWriter | None = None) -> dict[str, Table]:
    """Reads every table of the target's read-back into the folder, and the manifest last. A failed one says why."""
    if target.readback is None:
        return {}
    deadline = time.monotonic() + target.readback.timeout_s
    tables: dict[str, Table] = {}
    with requests.Session() as session:
        for name, source in target.readback.tables.items():
            tables[name] = _capture_table(session, target, source, statics, folder / f"{name}.jsonl", deadline)
            if events is None:
                continue
            if tables[name].complete:
                events.write("readback.captured", time.monotonic_ns(), table=name, rows=tables[name].rows, sha256=tables[name].sha256)
            else:
                events.write("readback.missing", time.monotonic_ns(), table=name, reason=tables[name].reason)
    write_whole(folder / "manifest.json", orjson.dumps({"tables": tables}, option=orjson.OPT_INDENT_2))
    return tables


def read_manifest(folder: Path) -> dict[str, Table]:
    """The manifest; empty where nothing was read back."""
    try:
        data = orjson.loads((folder / "manifest.json").read_bytes())
    except FileNotFoundError:
        return {}
    return {name: Table(**table) for name, table in data["tables"].items()}


def _capture_table(session: requests.Session, target: Target, source: Source, statics: Scope, path: Path, deadline: float) -> Table:
    rows, digest = 0, sha256()
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            for row in read_table(session, target, source, statics, deadline):
                line = orjson.dumps(row) + b"\n"
                file.write(line)
                digest.update(line)
                rows += 1
        part.replace(path)
    except (StormdrillError, OSError) as error:
        part.unlink(missing_ok=True)
        return Table(source.role, rows, "", complete=False, reason=str(error))
    return Table(source.role, rows, digest.hexdigest(), complete=True)


def read_table(session: requests.Session, target: Target, source: Source, statics: Scope, deadline: float) -> Iterator[Row]:
    """Rows of a table under our names, a page in memory at a time.

    Raises:
        ReadBackFailed: a page is refused, is not understood, or the deadline (of `time.monotonic()`) has passed.
    """
    base = base_url(target, source.service, statics)
    path = Text.of(source.path).bind(statics)
    headers = {target.test_mark.header: target.test_mark.value}
    headers |= {name: Text.of(value).render(statics) for name, value in source.headers.items()}
    get_rows, get_next = compile_path(source.rows), compile_path(source.next) if source.next else None
    shape = _Shape(source)
    cursor: object = ""
    for _ in range(_PAGES):
        reply = _page(session, base + path.render({"cursor": cursor}), headers, deadline)
        rows = get_rows(reply)
        if not isinstance(rows, list):
            raise ReadBackFailed(f"{base}{source.path} has no list at {source.rows}")
        yield from filter(None, (shape.ours(row) for row in rows))
        cursor = get_next(reply) if get_next else None
        if cursor is None:
            return
    raise ReadBackFailed(f"{base}{source.path} has more than {_PAGES} pages")


def _page(session: requests.Session, url: str, headers: dict[str, str], deadline: float) -> Reply:
    left = deadline - time.monotonic()
    if left <= 0:
        raise ReadBackFailed(f"{url}: the time for the read-back is over")
    try:
        answer = session.get(url, headers=headers, timeout=min(30, left), allow_redirects=False)
    except requests.RequestException as error:
        raise ReadBackFailed(f"{url}: {type(error).__name__}") from None
    if answer.status_code != 200:  # noqa: PLR2004 - HTTP's own
        raise ReadBackFailed(f"{url} answers {answer.status_code}")
    return Reply(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content)


class _Shape:
    """Turns a row of the target's into one under our names."""

    def __init__(self, source: Source) -> None:
        self._constants = {name: text[1:-1] for name, text in source.fields.items() if text[:1] == "'" == text[-1:]}
        self._paths = {
            name: (walk_steps(path, path.partition("|")[0][1:]), path.partition("|")[2])
            for name, path in source.fields.items()
            if name not in self._constants
        }
        self._where = {walk_steps(path, path[1:]): values for path, values in source.where.items()}
        self._business = Text.of(source.business) if source.business else None
        self._final = frozenset(source.final)

    def ours(self, row: object) -> Row | None:
        """The row under our names, None where `where` leaves it out."""
        if any(walk(row, steps) not in values for steps, values in self._where.items()):
            return None
        found: Row = dict(self._constants)
        for name, (steps, converter) in self._paths.items():
            found[name] = _converted(walk(row, steps), name, converter)
        if self._business:
            found["business"] = self._business.render({name: "" if value is None else value for name, value in found.items()})
        if "state" in found:
            found["final"] = not self._final or found["state"] in self._final
        return found


def _converted(value: object, name: str, converter: str) -> object:
    if value is None:
        return None
    if name.endswith("_ms") and isinstance(value, str):
        return round(datetime.fromisoformat(value).timestamp() * 1000)
    return CONVERTERS[converter](value) if converter else value
