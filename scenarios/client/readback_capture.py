"""Reads back what the system says afterwards: tables page by page into the run folder, each row under our names."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import orjson

from scenarios.client.http import HttpClient, Pins, Unreachable
from scenarios.errors import StormdrillError
from scenarios.run.readback_tables import Row, Table, write_manifest
from scenarios.target.model import Target
from scenarios.target.operation_codec import RenderedRequest, TransportError, render_request
from scenarios.target.predicates import compile_predicate
from scenarios.target.readback import Source
from scenarios.target.responses import CONVERTERS, Response, compile_path, fits, walk, walk_steps
from scenarios.target.secrets import redacted, redacted_values, shapes
from scenarios.target.templates import Scope, TextTemplate

NO_PINS: Pins = {}
PATIENCE_S = 10.0
"""How long pages that the system will not tell just now are asked for again, in all of one reading."""

_PAGES = 100_000
_PAGE_S = 30
_SHOWN = 200
_PAUSE_S = (0.1, 1.0)  # before the next asking: doubled each time, up to the second
_NOT_NOW = frozenset({408, 425, 429})
_REFUSALS = (2, 5)  # hundreds: a page that should be one and says otherwise, and a failure; anything else is a wrong question


class ReadBackFailed(StormdrillError):
    """A table could not be read to its end."""

    def __init__(self, sentence: str, *, unavailable: bool = False) -> None:
        """`unavailable`: the system would not tell just now, or did not answer; what it says otherwise is not understood."""
        super().__init__(sentence)
        self.unavailable = unavailable


def capture(
    target: Target,
    statics: Scope,
    folder: Path,
    pins: Pins = NO_PINS,
    *,
    earlier: Mapping[str, Table] | None = None,
    patience_s: float = PATIENCE_S,
) -> dict[str, Table]:
    """Reads every table of the target's read-back into the folder, and the manifest last. A failed one says why.

    `earlier`: what an earlier reading got; only what it lacks is read, which is to be done once every fault is taken back and nothing
    excuses the system any more.
    """
    if target.readback is None:
        return {}
    deadline = time.monotonic() + target.readback.timeout_s
    tables = {name: table for name, table in (earlier or {}).items() if table.complete}
    patience = Patience(patience_s)
    with HttpClient(target, statics, pins) as client:
        for name, source in target.readback.in_order():
            if name in tables:
                continue
            reading = Reading(client, target, source, statics, deadline, patience)
            tables[name] = _capture_table(reading, folder / f"{name}.jsonl")
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


def _capture_table(reading: Reading, path: Path) -> Table:
    rows, digest, role, target = 0, sha256(), reading.source.role, reading.target
    hidden = shapes(target)
    part = path.with_suffix(".part")
    try:
        with part.open("wb") as file:
            for row in read_table(reading):
                line = orjson.dumps(redacted_values(row, hidden)) + b"\n"
                file.write(line)
                digest.update(line)
                rows += 1
        part.replace(path)
    except (StormdrillError, OSError) as error:
        part.unlink(missing_ok=True)
        unavailable = isinstance(error, ReadBackFailed) and error.unavailable
        return Table(role, rows, "", complete=False, reason=redacted(str(error), target), unavailable=unavailable)
    return Table(role, rows, digest.hexdigest(), complete=True)


def read_table(reading: Reading) -> Iterator[Row]:
    """Rows of a table under our names, a page in memory at a time. Raises ReadBackFailed."""
    source = reading.source
    get_rows, get_next = compile_path(source.rows), compile_path(source.next) if source.next else None
    shape = _Shape(source)
    cursor: object = ""
    for page in range(1, _PAGES + 1):
        request = render_request(source, reading.target, {**reading.statics, "cursor": cursor, "page": page})
        response = _page(reading, request)
        rows = get_rows(response)
        if not isinstance(rows, list):
            raise ReadBackFailed(f"{request.url} has no list at {source.rows}")
        yield from filter(None, (shape.ours(row) for row in rows))
        cursor = get_next(response) if get_next else None
        if cursor is None or cursor is False or cursor == "":
            return
    raise ReadBackFailed(f"{source.path} has more than {_PAGES} pages")


def _page(reading: Reading, request: RenderedRequest) -> Response:
    """A page, asked for again as long as the system will not tell it just now, its time and our patience last."""
    expected, pause_s = compile_predicate(reading.source.expect), _PAUSE_S[0]
    while True:
        left_s = reading.deadline - time.monotonic()
        if left_s <= 0:
            raise ReadBackFailed(f"{request.url}: the time for the read-back is over", unavailable=True)
        try:
            response = reading.client.send(request, min(_PAGE_S, left_s))
        except Unreachable as error:
            trouble, unavailable = str(error), error.how is not TransportError.GARBLED
        else:
            if expected(response):
                return response
            said = response.body[:_SHOWN].decode(errors="replace")
            trouble = f"{request.url} answers {response.status}, but {reading.source.expect!r} is expected; it says: {said}"
            unavailable = response.status in _NOT_NOW or response.status // 100 in _REFUSALS
        if not unavailable or not reading.patience.wait(pause_s):
            raise ReadBackFailed(trouble, unavailable=unavailable)
        pause_s = min(2 * pause_s, _PAUSE_S[1])


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
