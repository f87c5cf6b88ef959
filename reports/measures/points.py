"""Points: what customers were shown, what the plan says that they should have been, and what the system's entries say."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from reports.finding import NotMapped
from reports.measures.arrays import column, known, optional
from reports.measures.books import as_kept, effect_of
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT

if TYPE_CHECKING:
    from reports.evidence import Evidence

_FEN_A_POINT = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A gain or a loss."""

    kind: str
    customer: int
    points: int
    ref: str
    at_ms: float


@dataclass
class PointsBooks:
    """All that the read-back tells of points."""

    entries: list[Entry] = field(default_factory=list)
    balances: dict[int, int] = field(default_factory=dict)

    def by_ref(self) -> dict[str, list[Entry]]:
        """Entries by the payment or the order that they are for."""
        found: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            found[entry.ref].append(entry)
        return found

    def by_customer(self) -> dict[int, list[Entry]]:
        """Entries of each customer by time; of one moment gains first, for the target's clock tells no more."""
        found: defaultdict[int, list[Entry]] = defaultdict(list)
        for entry in sorted(self.entries, key=lambda one: (one.at_ms, -one.points)):
            found[entry.customer].append(entry)
        return found


@dataclass(frozen=True, slots=True)
class Order:
    """An exchange as the read-back tells it."""

    name: str
    customer: int
    points: int
    state: str
    at_ms: float


def points_books(evidence: "Evidence") -> PointsBooks:
    """What the read-back tells.

    Raises:
        NotMapped: no effect of the target's has to do with points, the read-back does not tell them, or nobody asked for any.
        NoEvidence: they are not there.
    """
    ops = points_operations(evidence)
    if not ops:
        raise NotMapped("no effect in the target's file has to do with points (`points`)")
    if not evidence.has("points"):
        raise NotMapped("the target's read-back has no points")
    rows = evidence.table("points")
    if not len(rows) and not np.isin(evidence.keys.op, list(ops)).any():
        raise NotMapped("no customer of this run asked for points")
    found = PointsBooks()
    columns = (column(rows, "kind"), column(rows, "customer"), column(rows, "points"), optional(rows, "ref"), optional(rows, "at_ms"))
    for kind, customer, points, ref, at_ms in zip(*columns, strict=True):
        if kind == "balance":
            found.balances[int(customer)] = found.balances.get(int(customer), 0) + int(points)
        else:
            found.entries.append(Entry(str(kind), int(customer), int(points), str(ref), float(at_ms)))
    return found


def points_operations(evidence: "Evidence") -> dict[int, str]:
    """Indices of the operations whose effects are points, and whether they are earned or spent."""
    mapped = evidence.plan.target.operations
    return {
        index: effect.points
        for index, name in enumerate(evidence.plan.operations)
        if name in mapped and (effect := mapped[name].effect) and effect.points
    }


def shown_points(evidence: "Evidence") -> Iterator[tuple[str, int, str, int, float]]:
    """What successes showed: earned or spent, the customer, the business key, how many, and when by the target's clock as far as known."""
    keys, ops = evidence.keys, points_operations(evidence)
    rows = np.flatnonzero(np.isin(keys.op, list(ops)) & (keys.outcome == Outcome.SUCCESS) & (keys.shown_fen != NO_AMOUNT))
    for row in rows.tolist():
        at_ms = (evidence.t0_ms or 0.0) + float(keys.ended_ns[row]) / 1e6
        yield ops[int(keys.op[row])], int(keys.customer[row]), keys.business[row].decode(errors="replace"), int(keys.shown_fen[row]), at_ms


def owed_for_payments(evidence: "Evidence", named: Collection[str]) -> dict[str, int]:
    """By the id of each of these payments, cut to what a business key has room for: the points that it earns by the plan."""
    window = _double(evidence)
    effects = evidence.table("effects")
    ids, fen, at_ms = optional(effects, "id"), optional(effects, "amount_fen"), optional(effects, "at_ms")
    found = {}
    for row in np.flatnonzero(known(ids) & known(fen) & known(at_ms)).tolist():
        cut = as_kept(ids[row])
        if cut in named:
            found[cut] = int(fen[row]) // _FEN_A_POINT * (2 if window[0] <= float(at_ms[row]) < window[1] else 1)
    return found


def _double(evidence: "Evidence") -> tuple[float, float]:
    """The window as it was announced, in milliseconds of the epoch: half-open. An empty one where there is none."""
    told = [evidence.plan.statics.get(f"campaign.double_{end}") for end in ("from", "until")]
    if not evidence.plan.scenario.campaign.points.double or not all(isinstance(text, str) for text in told):
        return 0.0, 0.0
    start, end = (datetime.fromisoformat(str(text)).timestamp() * 1000 for text in told)
    return round(start), round(end)


def orders(evidence: "Evidence") -> list[Order]:
    """Exchanges."""
    effects = evidence.table("effects")
    ops, points, state = column(effects, "op"), optional(effects, "points"), optional(effects, "state")
    ids, customer, at_ms = optional(effects, "id"), optional(effects, "customer"), optional(effects, "at_ms")
    found = []
    for row in np.flatnonzero(known(points)).tolist():
        effect = effect_of(evidence.plan, ops[row])
        if effect is not None and effect.points == "spent":
            found.append(Order(str(ids[row]), int(customer[row]), int(points[row]), str(state[row]), float(at_ms[row] or 0)))
    return found


def delivered(evidence: "Evidence") -> dict[str, int] | None:
    """How often suppliers did what each order wanted; None where they do not say for what they were called."""
    if not evidence.has("calls") or not evidence.maps("calls", "ref"):
        return None
    calls = evidence.table("calls")
    found: defaultdict[str, int] = defaultdict(int)
    for ref, did in zip(optional(calls, "ref"), column(calls, "did"), strict=True):
        if ref is not None:
            found[str(ref)] += int(did)
    return found
