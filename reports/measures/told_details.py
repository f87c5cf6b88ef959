"""What answers told of effects besides their amounts (a time, a day, a number), and what the effects' rows tell of the same."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports.finding import NotMapped
from reports.measures.arrays import I64, column, known, optional
from reports.measures.contradictions import CLOCK_TOLERANCE_MS
from scenarios.run.records import Records, answer_digest, told_figure

if TYPE_CHECKING:
    from reports.evidence import Evidence

_CLOCK = "_ms"
"""Names of times end so: an answer's may be taken a little before or after its row's."""


@dataclass(frozen=True, slots=True)
class Detail:
    """One figure that an answer told of an effect, and its row's."""

    operation: str
    effect: str
    name: str
    customer: int
    told: int  # as `told_figure` keeps it
    recorded: object
    at_ms: float

    @property
    def same(self) -> bool:
        """Whether the row tells what the customer was told."""
        figure = told_figure(self.recorded)
        if self.name.endswith(_CLOCK):
            return abs(self.told - figure) <= CLOCK_TOLERANCE_MS
        return self.told == figure

    @property
    def sentence(self) -> str:
        """What was told otherwise; a text is kept as its digest only, so that it cannot be said."""
        told = str(self.told) if isinstance(self.recorded, int) else "something else"
        return f"customer {self.customer}, {self.operation}: was told {told} as {self.name} of {self.effect}, recorded is {self.recorded}"


def told_details(evidence: "Evidence") -> list[Detail]:
    """Of each operation whose answers tell details, those that a row can be held against.

    Raises:
        NotMapped: no effect tells any, nobody of the sample was told any, or no row tells the same.
        NoEvidence: the effects are not there.
    """
    mapped = evidence.plan.target.operations
    tells = {name: list(effect.tells) for name, operation in mapped.items() if (effect := operation.effect) and effect.tells}
    if not tells:
        raise NotMapped("the target's file does not say what else answers tell of effects (`tells`)")
    if not len(evidence.told):
        raise NotMapped("nobody was told anything of which the target's file says what it tells (`tells`)")
    effects = evidence.table("effects")
    found = [
        detail
        for place, name in enumerate(evidence.plan.operations)
        if name in tells
        for detail in _of_operation(name, tells[name], evidence.told[evidence.told["operation_index"] == place], effects)
    ]
    if not found:
        raise NotMapped("no row of the read-back tells what answers told of its effect (`tells`)")
    return found


def _of_operation(operation: str, names: list[str], told: Records, effects: pd.DataFrame) -> Iterator[Detail]:
    if not len(told):
        return
    rows = np.flatnonzero(column(effects, "op") == operation)
    by_id = _by_id(effects, rows, set(told["customer"].tolist()))
    at_ms = optional(effects, "at_ms")
    columns = [optional(effects, name) for name in names]
    there = [known(values) for values in columns]
    for record in told:
        row, view = by_id.get(int(record["subject"])), int(record["view"])
        if row is None or view >= len(names) or not there[view][row[0]]:
            continue
        place, effect = row
        kept = columns[view][place]
        recorded = int(kept) if isinstance(kept, float) and kept.is_integer() else kept
        moment = float(at_ms[place]) if isinstance(at_ms[place], int | float) else 0.0
        yield Detail(operation, effect, names[view], int(record["customer"]), int(record["value"]), recorded, moment)


def _by_id(effects: pd.DataFrame, rows: I64, customers: set[int]) -> dict[int, tuple[int, str]]:
    """Rows and ids by the ids' digests, of these customers, and of whom no row says that they are others."""
    ids, whose = optional(effects, "id"), optional(effects, "customer")
    return {
        answer_digest(str(ids[row])): (row, str(ids[row]))
        for row in rows.tolist()
        if ids[row] is not None and (whose[row] is None or whose[row] in customers)
    }
