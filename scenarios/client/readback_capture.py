"""Reads back what the system says afterwards: tables page by page into the run folder, each row under our names."""

import time
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson

from scenarios.client.http import HttpClient, Pins
from scenarios.errors import StormdrillError
from scenarios.run.event_kinds import ReadbackCaptured, ReadbackMissing
from scenarios.run.events import EventWriter
from scenarios.run.readback_tables import Row, Table, write_manifest
from scenarios.target.model import Target
from scenarios.target.operation_codec import render_request
from scenarios.target.predicates import compile_predicate
from scenarios.target.readback import Source
from scenarios.target.responses import CONVERTERS, compile_path, fits, walk, walk_steps
from scenarios.target.secrets import redacted, redacted_values, shapes
from scenarios.target.templates import Scope, TextTemplate

NO_PINS: Pins = {}
_PAGES = 100_000
_PAGE_S = 30
_SHOWN = 200


class ReadBackFailed(StormdrillError):
    """A table could not be read to its end."""


def capture(target: Target, statics: Scope, folder: Path, events: EventWriter | None = None, pins: Pins = NO_PINS) -> dict[str, Table]:
    """Reads every table of the target's read-back into the folder, and the manifest last. A failed one says why."""
    if target.readback is None:
        return {}
    deadline = time.monotonic() + target.readback.timeout_s
    tables: dict[str, Table] = {}
    with HttpClient(target, statics, pins) as client:
        for name, source in target.readback.in_order():
            tables[name] = _capture_table(client, target, source, statics, folder / f"{name}.jsonl", deadline)
            if events is None:
                continue
            if tables[name].complete:
                captured = ReadbackCaptured(table=name, rows=tables[name].rows, sha256=tables[name].sha256)
                events.write(captured, time.monotonic_ns())
            else:
                events.write(ReadbackMissing(table=name, reason=tables[name].reason), time.monotonic_ns())
    write_manifest(folder, tables)
    return tables


def _capture_table(client: HttpClient, target: Target, source: Source, statics: Scope, path: Path, deadline: float) -> Table:
    rows, digest, hidden = 0, sha256(), shapes(target)
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            for row in read_table(client, target, source, statics, deadline):
                line = orjson.dumps(redacted_values(row, hidden)) + b"\n"
                file.write(line)
                digest.update(line)
                rows += 1
        part.replace(path)
    except (StormdrillError, OSError) as error:
        part.unlink(missing_ok=True)
        return Table(source.role, rows, "", complete=False, reason=redacted(str(error), target))
    return Table(source.role, rows, digest.hexdigest(), complete=True)


def read_table(client: HttpClient, target: Target, source: Source, statics: Scope, deadline: float) -> Iterator[Row]:
    """Rows of a table under our names, a page in memory at a time.

    Raises:
        ReadBackFailed: a page is refused, is not understood, or the deadline (of `time.monotonic()`) has passed.
        Unreachable: it does not answer.
    """
    get_rows, get_next = compile_path(source.rows), compile_path(source.next) if source.next else None
    expected = compile_predicate(source.expect)
    shape = _Shape(source)
    cursor: object = ""
    for page in range(1, _PAGES + 1):
        request = render_request(source, target, {**statics, "cursor": cursor, "page": page})
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            raise ReadBackFailed(f"{request.url}: the time for the read-back is over")
        response = client.send(request, min(_PAGE_S, left_s))
        if not expected(response):
            said = response.body[:_SHOWN].decode(errors="replace")
            raise ReadBackFailed(f"{request.url} answers {response.status}, but {source.expect!r} is expected; it says: {said}")
        rows = get_rows(response)
        if not isinstance(rows, list):
            raise ReadBackFailed(f"{request.url} has no list at {source.rows}")
        yield from filter(None, (shape.ours(row) for row in rows))
        cursor = get_next(response) if get_next else None
        if cursor is None or cursor is False or cursor == "":
            return
    raise ReadBackFailed(f"{source.path} has more than {_PAGES} pages")


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
        made = {"business": source.business}
        made |= {"payer": source.parties.payer, "payee": source.parties.payee} if source.parties else {}
        self._made = {name: TextTemplate.of(text) for name, text in made.items() if text}
        self._final = frozenset(source.final)

    def ours(self, row: object) -> Row | None:
        """The row under our names, None where `where` leaves it out."""
        if any(walk(row, steps) not in values for steps, values in self._where.items()):
            return None
        found: Row = dict(self._constants)
        for name, (steps, converter) in self._paths.items():
            found[name] = _converted(walk(row, steps), name, converter)
        said = {name: "" if value is None else value for name, value in found.items()} if self._made else {}
        found |= {name: text.render(said) for name, text in self._made.items()}
        if "state" in found:
            found["final"] = not self._final or found["state"] in self._final
        return found


def _converted(value: object, name: str, converter: str) -> object:
    found = CONVERTERS[converter](value) if converter and value is not None else value
    if isinstance(found, int) and not fits(found):
        return str(found)
    return _time(found, name) if name.endswith("_ms") and isinstance(found, str) else found


def _time(text: str, name: str) -> int:
    """Milliseconds of the epoch. Without a zone it would be this machine's own that decides what the time is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ReadBackFailed(
            f"a row's {name} is {text!r}, which is no ISO-8601 time; add |int where it is milliseconds in a text"
        ) from None
    if moment.tzinfo is None:
        raise ReadBackFailed(f"a row's {name} is {text!r}, a time without a zone; allowed: one with its zone, as {text}+08:00")
    return round(moment.timestamp() * 1000)
