"""What customers count on works at all: whoever refuses everybody everything of one kind has no success, however correct each no looks."""

import numpy as np

from reports.evidence import Evidence
from reports.finding import About, Finding, Kind, Status
from reports.formatting import few, many
from reports.measures.aggregation import Operations
from reports.measures.arrays import I64
from scenarios.run.outcomes import Outcome

ID = "never-succeeded"
TITLE = "Everything that customers count on works"
KIND = Kind.GATE

_LEAST = 10
"""So many who ask for the same are not all refused by chance, or for reasons of their own: visits, for one customer may ask often."""

_VISIT = np.uint64(16)  # what of an operation's id says which of its visit's steps it is


def check(evidence: Evidence) -> list[Finding]:
    """Each operation that was asked for in ten visits and more, of customers or the pulse: one success at least."""
    operations, names = evidence.operations, evidence.plan.operations
    counts = np.zeros((len(names), len(Outcome) + 1), np.int64)
    mine = ~operations.unsent & (operations.op < len(names))
    np.add.at(counts, (operations.op[mine], operations.outcome[mine]), 1)
    asked = np.flatnonzero(_visits(operations.select(mine), len(names)) >= _LEAST)
    if not len(asked):
        return []
    never = [(names[index], counts[index]) for index in asked.tolist() if not counts[index][Outcome.SUCCESS]]
    detail = (
        f"{never[0][0]} never once succeeded: {_told(never[0][1])}" if never else f"each of {many(len(asked), 'operation')} had success"
    )
    status = Status.FAIL if never else Status.PASS
    shown = few(f"{name}: {_told(row)}" for name, row in never)
    return [Finding(ID, status, len(never), 0, "operations", detail, shown, about=(About.TRAFFIC,))]


def _visits(operations: Operations, names: int) -> I64:
    """In how many visits each operation was asked for."""
    pairs = np.unique((operations.operation >> _VISIT) * np.uint64(names) + operations.op.astype(np.uint64))
    return np.bincount((pairs % np.uint64(names)).astype(np.int64), minlength=names)


def _told(row: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> str:
    counts = {outcome.label: int(row[outcome]) for outcome in Outcome if row[outcome]}
    return f"asked for {int(row.sum())} times; " + ", ".join(f"{count} {label}" for label, count in counts.items())
