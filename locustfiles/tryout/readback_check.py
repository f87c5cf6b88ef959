"""Whether the read-back tells of what was done: each effect under its key, every page of every table, the campaign as it was to be."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from locustfiles.tryout.effects_made import Effect
from locustfiles.tryout.traced_client import TracedClient
from scenarios.client.paging import ReadBackFailed
from scenarios.client.readback_capture import Patience, Reading, capture, read_pages
from scenarios.harmless import clipped
from scenarios.run.opening import figures
from scenarios.run.readback_tables import Row, Table, stored_rows
from scenarios.target.readback import ReadBack, Source

TELLS_WITHIN_S = 5.0
AGAIN_S = 0.3
"""How long what was accepted may take to its end, and how often it is asked for."""


def check_readback(client: TracedClient, made: list[Effect], *, as_planned: bool) -> None:
    """Each effect that was made must be found by its key, under the same business key, and come to its end; each table to its last page.

    `as_planned`: the plan is a scenario's, so what the service gives away must be what the scenario says, whoever has set it up.
    """
    readback = client.plan.target.readback
    client.say("\nread-back", "bold")
    if readback is None:
        client.fault("the target offers no read-back, so nothing that it acknowledges can be checked")
        return
    with TemporaryDirectory() as folder:
        tables, wrong = _captured(client, made, Path(folder))
        rows = {name: list(stored_rows(Path(folder), name)) if table.complete else [] for name, table in tables.items()}
    for name, table in tables.items():
        _tell(client, readback, name, table, rows[name])
    told = [row for name, table in tables.items() if table.role == "effects" for row in rows[name]]
    accounts = [row for name, table in tables.items() if table.role == "accounts" for row in rows[name]]
    for sentence in (*wrong, *_worth_otherwise(made, told), *_below_zero(accounts), *_nobodys(accounts)):
        client.fault(sentence)
    for role in sorted({"effects", "stock", "ledger", "accounts", "windows"} - {table.role for table in tables.values()}):
        client.say(f"    no table of {role}: the checks that need it must be waived by name and reason", "yellow")
    _check_opening(client, tables, rows, as_planned=as_planned)


def _captured(client: TracedClient, made: list[Effect], folder: Path) -> tuple[Mapping[str, Table], list[str]]:
    """The tables, once they tell of all effects or the time for that is over; and a sentence for each effect that they do not tell of."""
    deadline = time.monotonic() + TELLS_WITHIN_S
    while True:
        tables = capture(client.plan.target, client.statics, folder, pins=client.plan.pins)
        rows = [row for name, table in tables.items() if table.complete and table.role == "effects" for row in stored_rows(folder, name)]
        wrong = list(filter(None, (_unlike(effect, rows) for effect in made)))
        if not wrong or time.monotonic() > deadline:
            return tables, wrong
        time.sleep(AGAIN_S)


def _tell(client: TracedClient, readback: ReadBack, name: str, table: Table, rows: list[Row]) -> None:
    """One table: its rows and pages, and what is wrong in them."""
    source, first = readback.tables[name], rows[0] if rows else {}
    if not table.complete:
        client.say(f"    {name} ({table.role})", "cyan")
        client.fault(f"read-back {name}: {table.reason}")
        return
    pages = _pages(client, name, source, len(rows))
    shown = f", as {orjson.dumps(first).decode()}" if first else ""
    client.say(f"    {name} ({table.role}): {table.rows} rows{f' in {pages} pages' if pages > 1 else ''}{shown}", "cyan")
    if pages == 1 and len(rows) > 1 and source.pages:
        if source.sized:
            client.fault(
                f"read-back {name}: asked for {_half(len(rows))} rows a page it gives {len(rows)}; {{size}} is not its pages' size"
            )
        else:
            client.say(f"    {name}: its second page was not seen; {{size}}, where it takes one, shows it with these rows", "yellow")
    for field in (field for field, value in first.items() if value is None and not _may_be_none(client, table, first, field)):
        client.fault(f"read-back {name}: its first row has no {field} at {source.fields.get(field)}")
    for field in (field for field, value in first.items() if isinstance(value, str) and source.fields.get(field, "").endswith("|int")):
        beyond = f"its first row's {field} is {clipped(first[field])}, at {source.fields[field]}, which is beyond 64 bits"
        client.fault(f"read-back {name}: {beyond}; without |int it stays what it is, digit for digit")


def _may_be_none(client: TracedClient, table: Table, row: Row, field: str) -> bool:
    """Whether a row may well say nothing there: whose account the house's own is, what a draw has won that has won nothing."""
    operation = client.plan.target.operations.get(str(row.get("op")))
    draws = operation is not None and operation.effect is not None and operation.effect.draws
    return table.role == "accounts" or (draws and field == "item")


def _pages(client: TracedClient, name: str, source: Source, rows: int) -> int:
    """In how many pages the table comes; where the file can say how long they are, so that there is a second one."""
    if not source.pages or rows < 2:  # noqa: PLR2004 - which make a second page
        return 1
    size = _half(rows) if source.sized else None
    deadline = time.monotonic() + TELLS_WITHIN_S
    reading = Reading(client.client, client.plan.target, source, client.statics, deadline, Patience(0), size)
    try:
        return sum(bool(page) for page in read_pages(reading))
    except ReadBackFailed as error:
        client.fault(f"read-back {name}{f', with {size} rows a page' if size else ''}: {error}")
        return 2


def _half(rows: int) -> int:
    return (rows + 1) // 2


def _check_opening(client: TracedClient, tables: Mapping[str, Table], rows: Mapping[str, list[Row]], *, as_planned: bool) -> None:
    """The stock, faces and caps that the service has against those of the plan."""
    plan = client.plan
    stock, windows = ([row for name, table in tables.items() if table.role == role for row in rows[name]] for role in ("stock", "windows"))
    for figure in figures(plan.target, plan.scenario, plan.statics, stock, windows, untold=as_planned):
        if not figure.same:
            client.fault(f"read-back: {figure}")


def _unlike(effect: Effect, rows: list[Row]) -> str:
    mine = [row for row in rows if row.get("op") == effect.operation and row.get("key") == effect.key]
    if not mine:
        return f"{effect.operation}: its effect is not in the read-back under its key {effect.key}"
    if "business" in mine[0] and mine[0]["business"] != effect.business:
        return f"{effect.operation}: its business key is {effect.business!r}, but the read-back spells it {mine[0]['business']!r}"
    return f"{effect.operation}: its effect stays in the state {mine[0].get('state')!r}" if mine[0].get("final") is False else ""


def _worth_otherwise(made: list[Effect], rows: list[Row]) -> Iterator[str]:
    for effect in made:
        for row in (row for row in rows if row.get("op") == effect.operation and row.get("key") == effect.key):
            if sentence := effect.unlike_plan(row.get("amount_fen"), "in the read-back"):
                yield sentence


def _below_zero(accounts: list[Row]) -> Iterator[str]:
    """A sentence where accounts are in debt that may not be, by what the file says of them; the first is named."""
    in_debt = [(row, fen) for row in accounts if isinstance(fen := row.get("balance_fen"), int) and fen < 0 and not _may_be_in_debt(row)]
    for row, fen in in_debt[:1]:
        others = f" (and {len(in_debt) - 1} more)" if len(in_debt) > 1 else ""
        yield (
            f"read-back accounts: {clipped(str(row.get('account')))} holds {fen} fen{others}, and nothing says that it may be below zero; "
            "map may_be_negative, or owner, which the house's own accounts have none of"
        )


def _nobodys(accounts: list[Row]) -> Iterator[str]:
    """A sentence where all accounts are the house's, by what the file says of owners."""
    if (
        accounts
        and all("owner" in row and row["owner"] is None for row in accounts)
        and not any("may_be_negative" in row for row in accounts)
    ):
        yield f"read-back accounts: none of {len(accounts)} has an owner, so all may be below zero as the house's own"


def _may_be_in_debt(row: Row) -> bool:
    return row["may_be_negative"] is True if "may_be_negative" in row else "owner" in row and row["owner"] is None
