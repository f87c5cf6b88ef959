"""What became of every idempotency key: acknowledged and there, or lost; unknown and there, or not; refused, and yet there; there twice."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID

import numpy as np
import pandas as pd

from reports.measures.aggregation import Keys
from reports.measures.arrays import I64, U64, Bools, Objects, column, known, optional, positions
from scenarios.run.folder import Plan
from scenarios.run.outcomes import Outcome
from scenarios.run.records import answer_digest

_UUID_DIGITS = 32
_REFUSED = (Outcome.REFUSAL, Outcome.CHALLENGE, Outcome.SHED, Outcome.FAILURE)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Keys of the operations that the read-back shows effects of, and of each how many effects it has."""

    keys: Keys
    effects: I64  # of each key
    settled: Bools  # of each key: none of its effects is in a state that is not terminal
    row: I64  # of each key: the first of its effects, a row of the frame; -1 where there is none
    owner: I64  # of each effect: its key; -1 where it is nobody's
    unseen: tuple[str, ...]  # effectful operations with acks that the read-back says nothing about

    @property
    def present(self) -> Bools:
        """Keys with an effect."""
        found: Bools = self.effects > 0
        return found

    @property
    def lost(self) -> Bools:
        """Acknowledged, and absent."""
        found: Bools = (self.keys.outcome == Outcome.SUCCESS) & ~self.present
        return found

    @property
    def unsettled(self) -> Bools:
        """Accepted, there, and never in a terminal state."""
        found: Bools = (self.keys.outcome == Outcome.SUCCESS) & self.keys.accepted & self.present & ~self.settled
        return found

    @property
    def refused_present(self) -> Bools:
        """Refused, shed or failed, and yet there."""
        found: Bools = np.isin(self.keys.outcome, _REFUSED) & self.present
        return found

    @property
    def unknown_present(self) -> Bools:
        """Unknown to the customer, and there."""
        found: Bools = (self.keys.outcome == Outcome.UNKNOWN) & self.present
        return found

    @property
    def unknown_absent(self) -> Bools:
        """Unknown to the customer, and not there."""
        found: Bools = (self.keys.outcome == Outcome.UNKNOWN) & ~self.present
        return found

    @property
    def duplicates(self) -> Bools:
        """More than one effect."""
        found: Bools = self.effects > 1
        return found


def reconcile(keys: Keys, effects: pd.DataFrame, plan: Plan) -> Reconciliation:
    """Looks each key up among the effects of its operation.

    By the key itself; where the target does not tell keys, by the effect id that the answer named, and for those whose answer named
    none by the business key.

    Raises:
        NoEvidence: the effects do not tell their operation.
    """
    seen = read_back_operations(plan, effects)
    indices = [index for index, name in enumerate(plan.operations) if name in seen]
    mine = keys.select(np.isin(keys.op, indices))
    unseen = sorted({plan.operations[op] for op in set(keys.op.tolist()) - set(indices)})
    count, row = np.zeros(len(mine), np.int64), np.full(len(mine), -1, np.int64)
    settled, owner = np.ones(len(mine), bool), np.full(len(effects), -1, np.int64)
    final = np.fromiter((value is not False for value in optional(effects, "final")), bool, len(effects))
    ops = column(effects, "op")
    for index in indices:
        here = np.flatnonzero(mine.op == index)
        rows = np.flatnonzero(ops == plan.operations[index])
        if not len(here) or not len(rows):
            continue
        found = _look_up(mine.select(mine.op == index), effects.iloc[rows])
        owner[rows[found >= 0]] = here[found[found >= 0]]
        ordered = np.argsort(found, kind="stable")
        ordered = ordered[found[ordered] >= 0]
        which = here[found[ordered]]
        np.add.at(count, which, 1)
        row[which[::-1]] = rows[ordered[::-1]]
        np.logical_and.at(settled, which, final[rows[ordered]])
    return Reconciliation(mine, count, settled, row, owner, tuple(unseen))


def read_back_operations(plan: Plan, effects: pd.DataFrame) -> set[str]:
    """Names of the operations that the read-back has effects of, as the target maps it, or as its rows say."""
    sources = plan.target.readback.tables.values() if plan.target.readback else ()
    constants = {source.fields.get("op", "") for source in sources if source.role == "effects"}
    return {name[1:-1] for name in constants if name.startswith("'")} | {str(op) for op in column(effects, "op")}


def _look_up(keys: Keys, effects: pd.DataFrame) -> I64:
    """For each effect the number of the key it belongs to, -1 where it is nobody's."""
    told = optional(effects, "key")
    if known(told).any():
        return positions(_pairs(keys.key_hi, keys.key_lo), _key_pairs(told))
    named = optional(effects, "id")
    by_id = np.full(len(effects), -1, np.int64)
    if known(named).any():
        digests = np.fromiter((answer_digest(str(value)) if value is not None else 0 for value in named), np.uint64, len(named))
        by_id = positions(keys.answer, digests)
    business = optional(effects, "business")
    owed = np.where(keys.answer == 0, keys.business, b"")  # a key that named its effect is looked for under that name only
    by_business = positions(owed, np.array([b"" if value is None else str(value).encode() for value in business], "S40"))
    return np.where(by_id >= 0, by_id, by_business)


def _pairs(high: U64, low: U64) -> "np.ndarray[tuple[int], np.dtype[np.bytes_]]":
    """Both halves of keys as one comparable value of 17 bytes (numpy drops zeros at a value's end, so a one stands there)."""
    both = np.zeros(len(high), np.dtype([("hi", ">u8"), ("lo", ">u8"), ("end", "u1")]))
    both["hi"], both["lo"], both["end"] = high, low, 1
    return cast("np.ndarray[tuple[int], np.dtype[np.bytes_]]", both.view("S17"))


def _key_pairs(told: Objects) -> "np.ndarray[tuple[int], np.dtype[np.bytes_]]":
    """The same of the keys that the read-back tells; what is no UUID is nobody's."""
    numbers = [_uuid(value) for value in told]
    high = np.fromiter((number >> 64 for number in numbers), np.uint64, len(numbers))
    low = np.fromiter((number & 0xFFFFFFFFFFFFFFFF for number in numbers), np.uint64, len(numbers))
    return _pairs(high, low)


def _uuid(value: object) -> int:
    text = str(value)
    try:
        if len(digits := text.replace("-", "")) == _UUID_DIGITS:  # as nearly all are: ten times as fast as the class
            return int(digits, 16)
        return UUID(text).int
    except ValueError:
        return 0
