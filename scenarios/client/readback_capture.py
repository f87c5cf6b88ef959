"""Reads back what the system says afterwards: tables page by page into the run folder, each row under our names."""

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson

from scenarios.client.http import NO_PINS, HttpClient, Pins, Unreachable
from scenarios.client.paging import Pager, ReadBackFailed
from scenarios.errors import BadInput, StormdrillError
from scenarios.harmless import clipped
from scenarios.run.readback_tables import Row, Table, write_manifest
from scenarios.target.json_paths import walk, walk_steps
from scenarios.target.model import Target
from scenarios.target.operation_codec import TransportError
from scenarios.target.people import customer_numbers
from scenarios.target.predicates import compile_predicate
from scenarios.target.readback import Source
from scenarios.target.responses import Response
from scenarios.target.row_fields import RowField
from scenarios.target.secrets import redacted, redacted_values, shapes
from scenarios.target.templates import Scope, TextTemplate
from scenarios.wire.request_bytes import Request

PATIENCE_S = 10.0
"""How long pages that the system will not tell just now are asked for again, in all of one reading."""

_PAGES = 100_000
_READINGS = 3  # of a table that changes while it is read
_AGAIN = 3  # times all is read anew, because something has come between the first table and the last
_LEADING = ("effects", "payouts")
"""Roles of tables that everything else follows from: where these are as they were, nothing has happened meanwhile."""

_PAGE_S = 30
_MOST_PAGE_BYTES = 64 << 20
_SHOWN = 200
_PAUSE_S = (0.1, 1.0)  # before the next asking: doubled each time, up to the second
_NOT_NOW = frozenset({408, 425, 429})
_REFUSALS = (2, 5)  # hundreds: a page that should be one and says otherwise, and a failure; anything else is a wrong question


def capture(
    target: Target,
    statics: Scope,
    folder: Path,
    pins: Pins = NO_PINS,
    *,
    earlier: Mapping[str, Table] | None = None,
    patience_s: float = PATIENCE_S,
    within_s: float = math.inf,
) -> dict[str, Table]:
    """Reads every table of the target's read-back into the folder, and the manifest last. A failed one says why.

    Tables are read one after the other, so a system that still ends something by itself would show an effect in one and not in another:
    where something has happened meanwhile, all are read anew, a few times at most; a system that others use as well never stands still.

    `earlier`: what an earlier reading got; only what it lacks is read, which is to be done once every fault is taken back and nothing
    excuses the system any more. `within_s`: how long all of it may take, where that is less than the target's own limit.
    """
    if target.readback is None:
        return {}
    deadline = time.monotonic() + min(target.readback.timeout_s, within_s)
    tables = {name: table for name, table in (earlier or {}).items() if table.complete}
    patience = Patience(patience_s)
    with HttpClient(target, statics, pins) as client:
        readings = {
            folder / f"{name}.jsonl": Reading(client, target, source, statics, deadline, patience)
            for name, source in target.readback.in_order()
            if name not in tables
        }
        read = {path: _capture_table(reading, path) for path, reading in readings.items()}
        for _ in range(_AGAIN if earlier is None else 0):
            if not any(_has_moved(reading, path) for path, reading in readings.items() if read[path].complete):
                break
            anew = {path: _capture_table(reading, path) for path, reading in readings.items()}
            read |= {path: table for path, table in anew.items() if table.complete}
    tables |= {path.stem: table for path, table in read.items()}
    write_manifest(folder, tables)
    return tables


class Patience:
    """How long the system may still be asked again; spent by waiting, whichever table it is for."""

    def __init__(self, left_s: float) -> None:
        """So many seconds."""
        self._left_s = left_s

    def wait(self, pause_s: float) -> bool:
        """Waits before asking again; False where there is no patience left."""
        if self._left_s <= 0:
            return False
        pause_s = min(pause_s, self._left_s)
        self._left_s -= pause_s
        time.sleep(pause_s)
        return True


@dataclass(frozen=True, slots=True)
class Reading:
    """A table, and how it is read."""

    client: HttpClient
    target: Target
    source: Source
    statics: Scope
    deadline: float  # of `time.monotonic()`
    patience: Patience
    size: int | None = None  # of its pages, in the place of the file's own


def _capture_table(reading: Reading, path: Path, readings: int = _READINGS) -> Table:
    role, target = reading.source.role, reading.target
    part = path.with_suffix(".part")
    try:
        rows, digest = _written(reading, part)
        part.replace(path)
    except (StormdrillError, OSError) as error:
        part.unlink(missing_ok=True)
        if isinstance(error, ReadBackFailed) and error.moving and readings > 1:
            return _capture_table(reading, path, readings - 1)
        unavailable = isinstance(error, ReadBackFailed) and error.unavailable
        return Table(role, 0, "", complete=False, reason=redacted(str(error), target), unavailable=unavailable)
    return Table(role, rows, digest, complete=True)


def _has_moved(reading: Reading, path: Path) -> bool:
    """Whether a table that everything else follows from has other rows by now, in whatever order; one that cannot be read again has not."""
    if reading.source.role not in _LEADING:
        return False
    try:
        with path.open("rb") as captured:
            return _sum(captured) != _sum(_lines(reading))
    except (StormdrillError, OSError):
        return False


def _sum(lines: Iterable[bytes]) -> tuple[int, int]:
    """How many lines, and a sum of their digests."""
    rows = total = 0
    for line in lines:
        rows, total = rows + 1, total + int.from_bytes(sha256(line).digest())
    return rows, total


def _written(reading: Reading, part: Path) -> tuple[int, str]:
    """How many rows were read into the file, and their digest. Raises StormdrillError, OSError."""
    rows, digest = 0, sha256()
    with part.open("wb") as file:
        for line in _lines(reading):
            file.write(line)
            digest.update(line)
            rows += 1
    return rows, digest.hexdigest()


def _lines(reading: Reading) -> Iterator[bytes]:
    """Rows as they are kept. Raises ReadBackFailed."""
    hidden = shapes(reading.target)
    for row in read_table(reading):
        yield orjson.dumps(redacted_values(row, hidden)) + b"\n"


def read_table(reading: Reading) -> Iterator[Row]:
    """Rows of a table under our names, a page in memory at a time. Raises ReadBackFailed."""
    for rows in read_pages(reading):
        yield from rows


def read_pages(reading: Reading) -> Iterator[list[Row]]:
    """The same, page by page."""
    shape, pager = _Shape(reading.source, reading.target), Pager(reading.source, reading.target, reading.statics, reading.size)
    for _ in range(_PAGES):
        request = pager.request()
        response = _page(reading, request)
        rows = pager.rows(request, response)
        yield [row for row in map(shape.ours, rows) if row is not None]
        if not pager.turn(request, response, rows):
            return
    raise ReadBackFailed(f"{reading.source.path} has more than {_PAGES} pages")


def _page(reading: Reading, request: Request) -> Response:
    """A page, asked for again as long as the system will not tell it just now, its time and our patience last."""
    expected, pause_s = compile_predicate(reading.source.expect), _PAUSE_S[0]
    while True:
        left_s = reading.deadline - time.monotonic()
        if left_s <= 0:
            raise ReadBackFailed(f"{request.url}: the time for the read-back is over", unavailable=True)
        try:
            response = reading.client.send(request, min(_PAGE_S, left_s), _MOST_PAGE_BYTES)
        except Unreachable as error:
            trouble, unavailable = str(error), error.how is not TransportError.GARBLED
        except BadInput as error:
            raise ReadBackFailed(str(error)) from None
        else:
            if expected(response):
                return response
            said = response.packed or response.body[:_SHOWN].decode(errors="replace")
            trouble = f"{request.url} answers {response.status}, but {reading.source.expect!r} is expected; it says: {said}"
            unavailable = response.status in _NOT_NOW or response.status // 100 in _REFUSALS
        if not unavailable or not reading.patience.wait(pause_s):
            raise ReadBackFailed(trouble, unavailable=unavailable)
        pause_s = min(2 * pause_s, _PAUSE_S[1])


class _Shape:
    """Turns a row of the target's into one under our names."""

    def __init__(self, source: Source, target: Target) -> None:
        self._numbers = customer_numbers(target.data) if target.data else None
        self._fields = {name: RowField.of(text) for name, text in source.fields.items()}
        self._where = {walk_steps(path, path[1:]): values for path, values in source.where.items()}
        made = {"business": source.business}
        made |= {"payer": source.parties.payer, "payee": source.parties.payee} if source.parties else {}
        self._made = {name: TextTemplate.of(text) for name, text in made.items() if text}
        self._final = frozenset(source.final)

    def ours(self, row: object) -> Row | None:
        """The row under our names, None where `where` leaves it out."""
        if any(walk(row, steps) not in values for steps, values in self._where.items()):
            return None
        found: Row = {name: _converted(field, row, name) for name, field in self._fields.items()}
        if self._numbers is not None and "customer" in found:
            found["customer"] = self._numbers.get(str(found["customer"]))
        said = {name: "" if value is None else value for name, value in found.items()} if self._made else {}
        found |= {name: text.render(said) for name, text in self._made.items()}
        if "state" in found:
            found["final"] = not self._final or found["state"] in self._final
        return found


def _converted(field: RowField, row: object, name: str) -> object:
    value = field.raw(row)
    found = field.converted(value)
    if found is None and value is not None and name.endswith("_ms") and "time(" in field.spelled:
        raise ReadBackFailed(f"a row's {name} is {clipped(str(value))!r}, which is none of {field.spelled}")
    if found is None and str(value).lstrip("-").isdecimal():
        return str(value)  # more digits than 64 bits hold: they stay what they are
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
