"""What the system says afterwards, as it lies in the run folder: `readback/<table>.jsonl`, a row a line, and `manifest.json`.

Roles and the names that the judge knows (a name that a target cannot give is left out):
effects   op, key, customer, item, batch, window, amount_fen, payer, payee, state, id, at_ms, site, business, final,
          inviter (whose friend counts by it), points, ref (the payment that earned them; the effect that this one
          rests on), answered_ms (when a person responded), pays_by (the day by which it is paid, as 2026-05-11),
          team (that is joined, or scored for), source (the channel and link that the customer is owed to),
          slot (the place that is reserved),
          rung (of the task ladder; 1 is the lowest), letter (the number of one that is pushed or read),
          rules (the version that is accepted, or that something was granted under),
          category (of a ticket, in the target's words), line (in which somebody waits for a person),
          day (by the target's calendar), streak (days in a row)
stock     item, batch, initial, replenished, granted, remaining, face_fen (what one is worth)
ledger    txn, account, debit_fen, credit_fen, at_ms
accounts  account, owner (null: an internal account, which may be negative), balance_fen
payouts   ref (the effect that is paid), customer, amount_fen, state, at_ms, final
windows   window, opens_ms, closes_ms, cap, pool_fen, least_fen, most_fen
audit     actor, action, at_ms
rewards   kind, customer (who got it), amount_fen, id, at_ms: what customers got for what others did
points    kind (earn, debit, refund, or balance), customer, points (a loss below zero), ref (payment or order), id, at_ms
teams     team, score, members (how many)
sources   source, customers (how many it brought)
plans     ref (the bundle whose other half it is), customer: those that stand
statements  account, orders (how many it was paid for), total_fen
kpis      op, done (how often, as the service reports it), customers (how many did it)
beacons   kind, seen (how often the service counted it; several rows of one kind are added up)
budgets   bucket (or reserve), limit_fen, spent_fen, released_fen (into it; out of the reserve below zero)
calls     dependency, caller, did (how often it did what was asked), sent_ns (on this machine's monotonic clock); op, ref, amount_fen
          and business where a call is for an effect: the operation, the effect's id, its sum, and what it is for; ref (the order) and
          units (that were asked for) of a supplier of prizes
orders    of more prizes: id, item, batch, units, remaining, went, window_ms (so many were left at at_ms, and so many went in so long a
          time before), at_ms, gone_ms (the forecast), asked (who delivers it), state (OPEN, DELIVERED, REFUSED), ended_ms
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from scenarios.errors import StormdrillError
from scenarios.run.folder import write_whole
from scenarios.safe_reading import Missing, Unreadable, read_bounded, reading

_MANIFEST = "manifest.json"
_MANIFEST_MOST_BYTES = 1 << 24
_MORE = frozenset({"reason", "unavailable"})

TABLE_MOST_BYTES = 1 << 33
"""More than any table has."""

Row = dict[str, object]


class DamagedManifest(StormdrillError):
    """A manifest that is none."""


@dataclass(frozen=True, slots=True)
class Table:
    """What the manifest says of one table."""

    role: str
    rows: int
    sha256: str
    complete: bool
    reason: str = ""
    unavailable: bool = False  # it is not complete because the system would not tell, or did not answer


def write_manifest(folder: Path, tables: Mapping[str, Table]) -> None:
    """Writes it, whole, when all tables are there."""
    write_whole(folder / _MANIFEST, orjson.dumps({"tables": tables}, option=orjson.OPT_INDENT_2))


def read_manifest(folder: Path) -> dict[str, Table]:
    """The manifest; empty where nothing was read back.

    Raises:
        DamagedManifest: there is something else in its place.
    """
    try:
        return _tables(orjson.loads(read_bounded(folder / _MANIFEST, _MANIFEST_MOST_BYTES)))
    except Missing:
        return {}
    except Unreadable as error:
        raise DamagedManifest(f"{_MANIFEST} {error}") from None
    except (ValueError, RecursionError):
        raise DamagedManifest(f"{_MANIFEST} is no manifest of a read-back") from None


def stored_rows(folder: Path, table: str) -> Iterator[Row]:
    """The rows of a table as they stand in its file. Raises Unreadable, with the file's name."""
    name = f"{table}.jsonl"
    try:
        with reading(folder / name, TABLE_MOST_BYTES) as file:
            for number, line in enumerate(file, 1):
                yield _row(line, number)
    except Unreadable as error:
        raise Unreadable(f"{name} {error}") from None


def _row(line: bytes, number: int) -> Row:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        row = None
    if not isinstance(row, dict):
        raise Unreadable(f"has no row in line {number}")
    return row


def _tables(told: object) -> dict[str, Table]:
    """Raises ValueError where it is no manifest."""
    tables = told.get("tables") if isinstance(told, dict) else None
    if not isinstance(tables, dict):
        raise ValueError("no tables")  # noqa: TRY004 - a file's content, not a caller's mistake
    return {str(name): _table(entry) for name, entry in tables.items()}


def _table(entry: object) -> Table:
    match entry:
        case {"role": str(role), "rows": int(rows), "sha256": str(digest), "complete": bool(complete), **more} if set(more) <= _MORE:
            return Table(role, rows, digest, complete, str(more.get("reason", "")), more.get("unavailable") is True)
    raise ValueError("no table")
