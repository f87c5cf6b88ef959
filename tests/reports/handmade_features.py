"""What a run of more of the campaign would have left: a feature's operation, mapped and read back, beside what every story has."""

from pathlib import Path
from typing import cast
from uuid import UUID

from handmade import Row, Story
from handmade_plan import EFFECT_FIELDS, SUCCESS, source

from scenarios.run.outcomes import Outcome


def brief(folder: Path) -> Story:
    """A run of a minute in which little is asked for, so that it is soon written and judged; what it needs to pass is not all there."""
    story = Story(folder)
    story.probes()
    story.crowd(0, 2)
    return story


def maps(story: Story, op: str, table: str, effect: dict[str, object], path: str = "/any", **fields: str) -> None:
    """The target has one more operation with an effect, and a table of it; `fields` are the table's beside those that all have."""
    _part(story, "operations")[op] = {"service": "bank", "method": "POST", "path": path, "effect": effect}
    _tables(story)[table] = source("effects", op=f"'{op}'", **EFFECT_FIELDS, **{name: f"$.{name}" for name in fields})
    story.operations.append(op)
    story.effectful[op] = table
    story.tables[table] = []


def reads(story: Story, op: str) -> None:
    """The target has one more read."""
    _part(story, "operations")[op] = {"service": "bank", "path": "/any"}
    story.operations.append(op)


def reads_back(story: Story, table: str, role: str, *fields: str) -> None:
    """The target's read-back has one more table."""
    _tables(story)[table] = source(role, **{name: f"$.{name}" for name in fields})
    story.tables[table] = []


def happens(
    story: Story,
    op: str,
    number: int,
    customer: int,
    at_s: float,
    outcome: Outcome = SUCCESS,
    *,
    there: bool | None = None,
    fen: int = 100,
    terms: str = "",
    business: str = "",
    **row: object,
) -> UUID:
    """One operation, asked once: its sample, its ack, and (unless said otherwise, where it was a success) its row in the read-back."""
    key, operation = UUID(int=(10_000 + number) << 64 | 9), (10_000 + number) << 16
    business = business or f"{op}:{number}"
    story.attempt(op, operation, at_s, outcome, 20, 1, 0, 0, 0.1)
    story.ack(op, operation, key, at_s, outcome, 20, 1, fen, business=business, customer=customer, terms=terms)
    if outcome is SUCCESS if there is None else there:
        story.effect(op, key, customer, at_s, fen, business)
        story.tables[story.effectful[op]][-1] |= cast("Row", row)
    return key


def _part(story: Story, name: str) -> dict[str, object]:
    return cast("dict[str, object]", story.target[name])


def _tables(story: Story) -> dict[str, object]:
    return cast("dict[str, dict[str, object]]", story.target["readback"])["tables"]
