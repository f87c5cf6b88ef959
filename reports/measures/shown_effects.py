"""What customers were shown of effects, states and lists, against what they had been told, and shown before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from reports.measures.aggregation import Keys
from reports.measures.arrays import I64, positions
from scenarios.run.outcomes import Outcome
from scenarios.run.records import NO_AMOUNT, Records
from scenarios.target.view_reading import Standing
from scenarios.target.views import RowsView, StateView, View

if TYPE_CHECKING:
    from reports.evidence import Evidence

_NOTHING_YET = -1
_WORDS = {Standing.ABSENT: "that it is not there", Standing.OTHERWISE: "that it is not done"}


@dataclass(slots=True)
class Contradictions:
    """What reads showed otherwise than they must, a sentence each."""

    held: int = 0  # reads that were held against something
    stale: list[str] = field(default_factory=list)  # older, emptier or other than what the customer had been told
    backwards: list[str] = field(default_factory=list)  # older or emptier than what the customer had been shown

    def join(self, other: "Contradictions") -> None:
        """Takes another view's in."""
        self.held += other.held
        self.stale += other.stale
        self.backwards += other.backwards


def looks(evidence: "Evidence", kind: type[View]) -> Iterator[tuple[str, View, Records]]:
    """For each view of a kind its operation, and what was shown, by the time of asking."""
    shown = evidence.shown
    for index, name in enumerate(evidence.plan.operations):
        operation = evidence.plan.target.operations.get(name)
        for number, view in enumerate(operation.shows.views if operation and operation.shows else ()):
            if isinstance(view, kind):
                mine = shown[(shown["operation_index"] == index) & (shown["view"] == number)]
                yield name, view, mine[np.argsort(mine["sent_ns"], kind="stable")]


def states(evidence: "Evidence") -> Contradictions:
    """How effects were said to stand: who was told that it is done reads that it is, of its amount; and goes on reading it."""
    found = Contradictions()
    for name, view, read in looks(evidence, StateView):
        assert isinstance(view, StateView)  # noqa: S101 - as asked for
        told = _told_done(evidence, view.of)
        key = positions(told.answer, read["subject"])
        asked_ns = read["sent_ns"] - _ns(view.stale_s)
        late = (key >= 0) & (told.ended_ns[key] <= asked_ns) if len(told) else np.zeros(len(read), bool)
        for row in np.flatnonzero(late & (read["value"] != Standing.DONE)).tolist():
            found.stale.append(f"{_who(name, read[row])}: {_done(told, int(key[row]), view.of)}, and reads {_words(read[row])}")
        amounts = told.amount_fen[key] if len(told) else np.full(len(read), NO_AMOUNT)
        priced = (key >= 0) & (read["fen"] != NO_AMOUNT) & (amounts != NO_AMOUNT) & (read["value"] == Standing.DONE)
        other = priced & (amounts != read["fen"])
        for row in np.flatnonzero(other).tolist():
            found.stale.append(
                f"{_who(name, read[row])}: {_done(told, int(key[row]), view.of)}, of {amounts[row]} fen, and reads {read['fen'][row]} fen"
            )
        before = _most_before(read, asked_ns, read["subject"])
        gone = (before == Standing.DONE) & (read["value"] != Standing.DONE)
        for row in np.flatnonzero(gone).tolist():
            found.backwards.append(f"{_who(name, read[row])}: had read that it is done, and reads {_words(read[row])}")
        found.held += int(np.count_nonzero(late | priced | (before != _NOTHING_YET)))
    return found


def rows(evidence: "Evidence") -> Contradictions:
    """How long lists of effects were: as long at least as what the customer had been told, and as what they had been shown."""
    found = Contradictions()
    for name, view, read in looks(evidence, RowsView):
        assert isinstance(view, RowsView)  # noqa: S101 - as asked for
        asked_ns = read["sent_ns"] - _ns(view.stale_s)
        owed = _told_before(_told_done(evidence, view.of), read["customer"], asked_ns)
        owed = np.minimum(owed, view.most) if view.most else owed
        for row in np.flatnonzero(read["value"] < owed).tolist():
            found.stale.append(f"{_who(name, read[row])}: was told of {owed[row]} {view.of} before, and reads {read['value'][row]}")
        before = _most_before(read, asked_ns, read["customer"])
        for row in np.flatnonzero(read["value"] < before).tolist():
            found.backwards.append(f"{_who(name, read[row])}: had read {before[row]} of {view.of}, and reads {read['value'][row]}")
        found.held += len(read)
    return found


def _told_done(evidence: "Evidence", of: str) -> Keys:
    """Keys of an operation whose customers were told that it has happened, the first of each effect that was named."""
    keys, index = evidence.keys, evidence.plan.operations.index(of)
    mine = keys.select((keys.op == index) & (keys.outcome == Outcome.SUCCESS) & ~keys.accepted)
    order = np.argsort(mine.ended_ns, kind="stable")
    named = mine.answer[order]
    _, first = np.unique(named, return_index=True)
    keep = np.zeros(len(mine), bool)
    keep[order[np.union1d(first, np.flatnonzero(named == 0))]] = True
    return mine.select(keep)


def _told_before(told: Keys, customers: "np.ndarray[tuple[int], np.dtype[np.uint32]]", asked_ns: I64) -> I64:
    """For each moment of a customer how many effects they had been told of."""
    found = np.zeros(len(customers), np.int64)
    order = np.lexsort((told.ended_ns, told.customer))
    whose, when = told.customer[order], told.ended_ns[order]
    for customer in np.unique(customers).tolist():
        start, end = np.searchsorted(whose, [customer, customer + 1])
        mine = customers == customer
        found[mine] = np.searchsorted(when[start:end], asked_ns[mine], side="right")
    return found


def _most_before(read: Records, asked_ns: I64, subject: "np.ndarray[tuple[int], np.dtype[np.integer]]") -> I64:
    """For each read the most that the same customer was shown of the same subject in an answer that had come by then."""
    found = np.full(len(read), _NOTHING_YET, np.int64)
    _, group = np.unique(np.stack([read["customer"].astype(np.uint64), subject.astype(np.uint64)], axis=1), axis=0, return_inverse=True)
    order = np.lexsort((read["done_ns"], group))
    starts = np.searchsorted(group[order], np.arange(group.max() + 2 if len(group) else 0))
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        if end - start < 2:  # noqa: PLR2004 - one has nothing before it
            continue
        mine = order[start:end]
        most = np.maximum.accumulate(read["value"][mine])
        place = np.searchsorted(read["done_ns"][mine], asked_ns[mine], side="right") - 1
        found[mine] = np.where(place >= 0, most[np.maximum(place, 0)], _NOTHING_YET)
    return found


def _ns(seconds: float) -> int:
    return round(seconds * 1e9)


def _who(operation: str, read: np.void) -> str:
    return f"customer {read['customer']}, {operation} at {read['sent_ns'] / 1e9:.3f} s"


def _done(told: Keys, key: int, of: str) -> str:
    return f"was told at {told.ended_ns[key] / 1e9:.3f} s that {of} {told.business[key].decode(errors='replace')} is done"


def _words(read: np.void) -> str:
    return _WORDS.get(Standing(int(read["value"])), "something else")
