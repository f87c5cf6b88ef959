"""What customers were shown when they were asked after the load: a statement a line, in `readback/_customers.jsonl`, beside the read-back.

The system's tables are one witness, its customers' own lists and balances are others. No table of a target bears this name.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import orjson
from pydantic import Field, TypeAdapter, ValidationError

from scenarios.run.folder import write_whole
from scenarios.safe_reading import Missing, Unreadable, read_bounded

FILE = "_customers.jsonl"
_MOST_BYTES = 1 << 26
_64_BITS = Field(ge=-(1 << 63), lt=1 << 63)

Whole = Annotated[int, _64_BITS]


@dataclass(frozen=True, slots=True)
class ToldEffect:
    """An effect in a customer's own list."""

    effect: str | None  # its id, as the read-back names it
    fen: Whole | None
    at_ms: Whole | None


@dataclass(frozen=True, slots=True)
class Statement:
    """The answer to one question that a customer asked."""

    customer: int
    operation: str
    view: int  # which of the operation's views
    subject: str = ""  # the account, or the effect's id
    answered: bool = False
    reason: str = ""  # why it was not answered
    value: Whole | None = None  # fen of a balance, a Standing
    fen: Whole | None = None  # of the effect
    rows: tuple[ToldEffect, ...] = ()  # of a list
    owner: int | None = None  # another customer, whose account it is that was tried; the value is what was shown of it or taken from it
    under_key: bool = (
        False  # the owner's idempotency key was tried, by another or by themselves; the value is 1 where the answer was theirs
    )

    of_effect: bool = False
    """The owner's effect was named, the subject; the value is 1 where it was shown to the other, or took effect for them."""

    @property
    def of_own_key(self) -> bool:
        """Whether the customer has sent an own request again under its key."""
        return self.under_key and self.owner == self.customer


_lines = TypeAdapter(Statement)


def write_statements(folder: Path, statements: Iterable[Statement]) -> None:
    """Writes them, whole."""
    write_whole(folder / FILE, b"".join(orjson.dumps(asdict(statement)) + b"\n" for statement in statements))


def read_statements(folder: Path) -> list[Statement] | None:
    """All of them; None where nobody was asked.

    Raises:
        Unreadable: there is something else in their place.
    """
    try:
        return [_lines.validate_json(line) for line in read_bounded(folder / FILE, _MOST_BYTES).splitlines()]
    except Missing:
        return None
    except ValidationError:
        raise Unreadable("holds lines that are no statement") from None
