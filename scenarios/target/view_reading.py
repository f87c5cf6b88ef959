"""Reads what an answer shows, as the target's file says where: compiled once, and then the same for the crowd and for a single question."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import NamedTuple

from scenarios.run.records import NO_AMOUNT, told_figure
from scenarios.target.operations import Operation
from scenarios.target.predicates import compile_predicate
from scenarios.target.responses import Response, compile_path
from scenarios.target.row_fields import field_getter
from scenarios.target.views import AnnouncedView, BalanceView, FundsView, RowsView, ScoreView, SpentView, StateView, StockView, View
from scenarios.wire.json_reading import fits


class Standing(IntEnum):
    """How an effect is said to stand; the values are those in the records, so they stay."""

    ABSENT = 0
    OTHERWISE = 1  # in any other state
    DONE = 2


class Shown(NamedTuple):
    """What a view shows, a number: fen of a balance or spent, a Standing, a count, what is left, a score, 1 where the money suffices."""

    value: int
    fen: int = NO_AMOUNT  # of an effect; of what was asked for; beside a score as of when it is, in ms

    @property
    def known_fen(self) -> int | None:
        """The same, None where it is not shown."""
        return None if self.fen == NO_AMOUNT else self.fen


class AskedFor(NamedTuple):
    """An amount that is to come from an account."""

    account: str
    fen: int


Subject = str | tuple[str, str] | AskedFor
"""Whom or what a view is of: an account, an effect, item and batch of a prize, a team, an amount; empty for the customer's own list."""

ViewReader = Callable[[Response, Subject], Shown | None]
"""What an answer shows of a subject; None where it shows nothing that can be understood."""


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row of a customer's list."""

    effect: str | None  # its id
    fen: int | None
    at_ms: int | None


def view_reader(view: View) -> ViewReader:
    """What reads a view."""
    match view:
        case BalanceView() | SpentView():
            read = _sum(view)
        case StateView():
            read = _state(view)
        case RowsView():
            read = _count(view)
        case StockView():
            read = _stock(view)
        case FundsView():
            read = _funds(view)
        case AnnouncedView():
            read = _announced(view)
        case ScoreView():
            read = _score(view)
    return read


def view_readers(operation: Operation) -> tuple[ViewReader, ...]:
    """What reads each view of an operation."""
    return tuple(view_reader(view) for view in operation.shows.views) if operation.shows else ()


def row_reader(view: RowsView) -> Callable[[Response], list[SeenRow] | None]:
    """What reads the rows of a list; None of them where the answer has no list."""
    own = _own_rows(view)
    effect, fen, at_ms = (field_getter(field) if field else _nothing for field in (view.effect, view.fen, view.at_ms))

    def read(response: Response) -> list[SeenRow] | None:
        found = own(response)
        return None if found is None else [SeenRow(_text(effect(row)), _whole(fen(row)), _whole(at_ms(row))) for row in found]

    return read


def announced_figure(value: object) -> int:
    """What is published or planned, in a figure: a time with its zone in milliseconds since 1970, else as `told_figure` keeps it."""
    if not isinstance(value, str):
        return told_figure(value)
    if value.isdecimal():
        return told_figure(int(value))
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return told_figure(value)
    return told_figure(value if at.tzinfo is None else round(at.timestamp() * 1000))


def _announced(view: AnnouncedView) -> ViewReader:
    get = compile_path(view.told)

    def read(response: Response, _subject: Subject) -> Shown | None:
        told = get(response)
        return None if told is None else Shown(announced_figure(told))

    return read


def _score(view: ScoreView) -> ViewReader:
    get_rows, get_team, get_score = compile_path(view.rows), field_getter(view.team), field_getter(view.score)
    get_as_of = compile_path(view.as_of_ms) if view.as_of_ms else None

    def read(response: Response, subject: Subject) -> Shown | None:
        rows = get_rows(response)
        for row in rows if isinstance(rows, list) else ():
            if _text(get_team(row)) == subject:
                score, as_of_ms = _whole(get_score(row)), _whole(get_as_of(response)) if get_as_of else None
                return None if score is None else Shown(score, NO_AMOUNT if as_of_ms is None else as_of_ms)
        return None

    return read


def _sum(view: BalanceView | SpentView) -> ViewReader:
    get = compile_path(view.fen)

    def read(response: Response, _subject: Subject) -> Shown | None:
        fen = _whole(get(response))
        return None if fen is None else Shown(fen)

    return read


def _state(view: StateView) -> ViewReader:
    get, absent, done = compile_path(view.state), compile_predicate(view.absent), frozenset(view.done)
    get_fen = compile_path(view.fen) if view.fen else None

    def read(response: Response, _subject: Subject) -> Shown | None:
        if absent(response):
            return Shown(Standing.ABSENT)
        state = get(response)
        if state is None:
            return None
        fen = _whole(get_fen(response)) if get_fen else None
        return Shown(Standing.DONE if str(state) in done else Standing.OTHERWISE, NO_AMOUNT if fen is None else fen)

    return read


def _count(view: RowsView) -> ViewReader:
    own = _own_rows(view)

    def read(response: Response, _subject: Subject) -> Shown | None:
        found = own(response)
        return None if found is None else Shown(len(found))

    return read


def _stock(view: StockView) -> ViewReader:
    get_rows, get_item, get_batch, get_left = (
        compile_path(view.rows),
        field_getter(view.item),
        field_getter(view.batch),
        field_getter(view.left),
    )

    def read(response: Response, subject: Subject) -> Shown | None:
        rows = get_rows(response)
        for row in rows if isinstance(rows, list) else ():
            if (_text(get_item(row)), _text(get_batch(row)) or "") == subject:
                left = _whole(get_left(row))
                return None if left is None else Shown(left)
        return None

    return read


def _funds(view: FundsView) -> ViewReader:
    enough = compile_predicate(view.enough)

    def read(response: Response, subject: Subject) -> Shown | None:
        return Shown(int(enough(response)), subject.fen) if isinstance(subject, AskedFor) else None

    return read


def _own_rows(view: RowsView) -> Callable[[Response], list[object] | None]:
    get_rows = compile_path(view.rows)
    where = tuple((field_getter(path), values) for path, values in view.where.items())

    def own(response: Response) -> list[object] | None:
        rows = get_rows(response)
        if not isinstance(rows, list):
            return None
        return [row for row in rows if all(get(row) in values for get, values in where)] if where else rows

    return own


def _nothing(_row: object) -> None:
    return None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and fits(value) else None


def _text(value: object) -> str | None:
    return None if value is None else str(value)
