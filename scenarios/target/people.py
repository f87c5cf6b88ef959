"""People who exist already: a row of a CSV each, whose columns a target's file knows as `{data.COLUMN}`."""

import csv
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from scenarios.errors import BadInput
from scenarios.safe_reading import Unreadable, reading
from scenarios.strict import Strict
from scenarios.target.services import FilePath

PREFIX = "data."
MOST_BYTES = 1 << 30

FACTS = frozenset(
    {"customer", "sku", "item", "payee", "date", "opening_balance_fen", "name", "phone", "id_no", "card_no", "device", "tier"}
)
"""Names that every customer can fill without having been told."""
ARGUMENTS = frozenset({"amount_fen", "order_id", "face_fen", "inviter", "text", "topic", "category"})
"""Names that a pulse gives with its questions, besides what customers know."""

_COLUMN = re.compile(r"\w{1,60}")
ColumnName = Annotated[str, Field(pattern=r"^\w+$", max_length=60)]


class Data(Strict):
    """A file with one row for each customer, the first line naming its columns."""

    file: FilePath = Field(description="CSV, beside the target's file")
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    customer: ColumnName | None = Field(default=None, description="the column by which the read-back names a customer")


@dataclass(frozen=True, slots=True)
class People:
    """The rows of a file, in its order: the first is customer 0's."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def value(self, number: int, name: str) -> str:
        """What a customer has in a column, by the name that placeholders give it. Raises KeyError where there is no such column."""
        try:
            return self.rows[number][self.columns.index(name.removeprefix(PREFIX))]
        except (ValueError, IndexError):
            raise KeyError(name) from None

    def numbers(self, column: str) -> dict[str, int]:
        """The customer whose row has a value in that column, for each."""
        place = self.columns.index(column)
        return {row[place]: number for number, row in enumerate(self.rows)}


def read_people(data: Data) -> People:
    """The file's rows.

    Raises:
        BadInput: it cannot be read, has no such columns or none of a usable name, or a row is not like the first; names file and line.
    """
    return _read(data.file, data.encoding, data.customer, _changed_ns(data))


def customer_numbers(data: Data) -> Mapping[str, int] | None:
    """Customers by the names that the read-back has for them; None where no column is said to hold those. Raises as `read_people`."""
    return None if data.customer is None else _numbers(data.file, data.encoding, data.customer, _changed_ns(data))


def _changed_ns(data: Data) -> int:
    """When it was last changed. Raises BadInput where it is nothing that can be read to its end."""
    try:
        with reading(Path(data.file), MOST_BYTES) as file:
            return os.fstat(file.fileno()).st_mtime_ns
    except Unreadable as error:
        raise BadInput(str(error), path=data.file) from None


@lru_cache(maxsize=1)  # every table of the read-back asks for them
def _numbers(path: str, encoding: str, customer: str, modified_ns: int) -> Mapping[str, int]:
    return _read(path, encoding, customer, modified_ns).numbers(customer)


@lru_cache(maxsize=4)
def _read(path: str, encoding: str, customer: str | None, _modified_ns: int) -> People:
    rows: list[tuple[str, ...]] = []
    try:
        with (
            reading(Path(path), MOST_BYTES) as raw,
            TextIOWrapper(raw, "utf-8-sig" if encoding == "utf-8" else encoding, newline="") as file,
        ):
            lines = csv.reader(file, strict=True)
            columns = tuple(name.strip() for name in next(lines, []))
            _check_columns(path, columns, customer)
            for row in lines:
                if not row:
                    continue
                if len(row) != len(columns):
                    raise BadInput(f"has {len(row)} values where the first line names {len(columns)}", path=path, line=lines.line_num)
                rows.append(tuple(row))
    except Unreadable as error:
        raise BadInput(str(error), path=path) from None
    except UnicodeDecodeError:
        raise BadInput(f"is not {encoding} text; allowed as encoding: utf-8, gb18030", path=path) from None
    except csv.Error as error:
        raise BadInput(f"is no CSV: {error}", path=path, line=lines.line_num) from None
    people = People(columns, tuple(rows))
    if customer and len(people.numbers(customer)) < len(rows):
        raise BadInput(f"two rows have the same {customer}, by which the read-back names a customer", path=path)
    return people


def _check_columns(path: str, columns: tuple[str, ...], customer: str | None) -> None:
    strange = next((name for name in columns if not _COLUMN.fullmatch(name)), None)
    if not columns or strange is not None:
        what = "names no columns" if strange is None else f"names a column {strange!r}"
        raise BadInput(f"{what}; allowed: names of letters, digits and _", path=path, line=1)
    if len(set(columns)) < len(columns):
        raise BadInput("names a column twice", path=path, line=1)
    if customer and customer not in columns:
        raise BadInput(f"has no column {customer!r}; there are: {', '.join(columns)}", path=path, line=1)
